import { useState } from 'react'
import { theme } from '../../state/theme.ts'

/** Light, dark, or as the system is. */
export function Theme() {
  const [now, setNow] = useState(theme.get())
  return (
    <label className="row">
      Colours
      <select
        className="select"
        value={now}
        onChange={(event) => {
          setNow(theme.set(event.target.value))
        }}
      >
        <option value="">as the system</option>
        <option value="light">light</option>
        <option value="dark">dark</option>
      </select>
    </label>
  )
}
