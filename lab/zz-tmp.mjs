import mortice from 'mortice'
const m = mortice({ name: 'x', singleProcess: true })
const sleep = (ms) => new Promise(r => setTimeout(r, ms))
let ok = 0, aborted = 0
const mode = process.argv[2]
for (let round = 0; round < 200; round++) {
  const tasks = []
  for (let i = 0; i < 60; i++) tasks.push((async () => {
    await sleep(Math.random() * 5)
    const c = new AbortController()
    if (mode !== 'noabort') setTimeout(() => c.abort(), Math.random() * 8)
    try { const rel = Math.random() < 0.7 ? await m.readLock({ signal: c.signal }) : await m.writeLock({ signal: c.signal }); await (Math.random() < 0.5 ? Promise.resolve() : sleep(Math.random() * 2)); rel(); ok++ } catch { aborted++ }
  })())
  const r = await Promise.race([Promise.all(tasks).then(() => 'done'), sleep(3000).then(() => 'STUCK')])
  if (r === 'STUCK') { console.log('stuck in round', round, ok, aborted, m.queue.size, m.queue.pending, m.queue.queue.map(j => j.status)); process.exit(1) }
}
const r = await Promise.race([m.writeLock().then((x) => { x(); return 'free' }), sleep(2000).then(() => 'LOCKED')])
console.log(r, ok, aborted, m.queue.size, m.queue.pending)
process.exit()
