import { sendFile } from './send-file.ts'
import { SendQueue } from './sending.ts'

/** The files that this page sends; they go on while another page is looked at. */
export const outgoing = new SendQueue<File>(sendFile)

// What is not sent yet would be lost with the tab: the browser asks first.
addEventListener('beforeunload', (event) => {
  if (outgoing.isBusy) event.preventDefault()
})
