import type { Field } from './fields.ts'

interface Props {
  field: Field
  id: string
  text: string
  disabled: boolean
  onText: (text: string) => void
}

/** The control that fits a setting. */
export function FieldInput({ field: { input, preset }, id, text, disabled, onText }: Props) {
  const common = { id, disabled, 'aria-describedby': `${id}-about` }
  switch (input.kind) {
    case 'switch':
      return (
        <input
          type="checkbox"
          {...common}
          checked={text === 'true'}
          onChange={(event) => onText(String(event.target.checked))}
        />
      )
    case 'choice':
      return (
        <select className="select" {...common} value={text} onChange={(event) => onText(event.target.value)}>
          {input.options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      )
    case 'choices': {
      const chosen = new Set(text.split('\n'))
      const toggle = (option: string) => {
        if (!chosen.delete(option)) chosen.add(option)
        onText(input.options.filter((each) => chosen.has(each)).join('\n'))
      }
      return (
        <span className="chips">
          {input.options.map((option) => (
            <button
              key={option}
              type="button"
              className="chip"
              disabled={disabled}
              aria-pressed={chosen.has(option)}
              onClick={() => toggle(option)}
            >
              {option}
            </button>
          ))}
        </span>
      )
    }
    case 'list':
    case 'map':
      return (
        <textarea
          className="textarea"
          {...common}
          rows={Math.min(6, text.split('\n').length + 1)}
          value={text}
          onChange={(event) => onText(event.target.value)}
          placeholder={input.kind === 'list' ? 'One a line' : 'name=value, one a line'}
          spellCheck={false}
        />
      )
    case 'number':
      return (
        <input
          className="input"
          type="number"
          {...common}
          min={input.min}
          max={input.max}
          value={text}
          onChange={(event) => onText(event.target.value)}
        />
      )
    default:
      return (
        <input
          className="input"
          {...common}
          value={text}
          onChange={(event) => onText(event.target.value)}
          placeholder={input.kind === 'rate' ? '0 = as fast as it goes; 5MiB/s, 40Mbit/s' : String(preset)}
          spellCheck={false}
          autoComplete="off"
        />
      )
  }
}
