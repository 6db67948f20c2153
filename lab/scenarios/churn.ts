import { variation } from './vary.ts'

const FOR_MS = 600_000
const QUICK_MS = 60_000

/** Nodes come and go all the time. */
export const churn = variation({
  name: 'churn',
  title: 'Nodes come and go',
  about:
    'Sessions and pauses are Weibull distributed (k = 0.59, λ = 41.9 min; Stutzbach and Rejaie 2006), at the measured pace, 10 times and 40 times as fast; half of those who go say goodbye. Searches are spread over ten minutes. All nodes are there at the beginning.',
  what: 'pace',
  nodes: [300],
  queries: 500,
  cases: [1, 10, 40].map((scale) => ({
    label: `${scale} x`,
    steps: (queries, quick) => [
      { do: 'churn', label: 'searches', count: queries, forMs: quick ? QUICK_MS : FOR_MS, scale },
    ],
  })),
})
