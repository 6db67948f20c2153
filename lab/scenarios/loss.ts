import { variation } from './vary.ts'

/** Packets get lost. */
export const loss = variation({
  name: 'loss',
  title: 'Packets get lost',
  about:
    'A share of the messages lose a packet on their way. Links are TCP: such a message comes 200 ms late, and twice as late again each time that it is lost once more.',
  what: 'loss',
  nodes: [500],
  queries: 500,
  cases: [0, 0.01, 0.05].map((loss) => ({ label: `${loss * 100} %`, spec: { latency: { loss } } })),
})
