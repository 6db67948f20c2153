import { test } from 'node:test'
import { Hosts } from './testing/hosts.ts'
import { sendRandom } from './testing/bytes.ts'
import { streamToDuplex } from '../duplex.ts'
import { setTimeout as sleep } from 'node:timers/promises'
test('reader', async () => {
  await using hosts = new Hosts()
  const a = await hosts.bare(), b = await hosts.bare()
  let got = 0, max = 0, err: any, st: any, chunks = 0
  await b.handle('/x', (s) => { st = s; const d = streamToDuplex(s); d.on('error', e => { err = e }); (async () => { for await (const c of d) { got += c.length; chunks++; await sleep(2000);  max = Math.max(max, s.readBufferLength + d.readableLength);} })().catch(e => err = e) })
  const s = await a.dialProtocol(b.getMultiaddrs(), '/x')
  const p = sendRandom(s, 256).catch(e => console.log('send failed', e.message))
  for (let i = 0; i < 300 && got < 256 << 20 && !err; i++) await sleep(100)
  console.log('reader', got / 2 ** 20, 'MiB in', chunks, 'max waiting', max / 2 ** 20, err?.message, st.status)
})
