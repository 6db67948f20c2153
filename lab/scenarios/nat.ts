import { variation } from './vary.ts'

/** Many nodes cannot be called. */
export const nat = variation({
  name: 'nat',
  title: 'Nodes that cannot be called',
  about: 'A share of the nodes is behind NAT or a firewall: they can call others, nobody can call them.',
  what: 'cannot be called',
  nodes: [150],
  queries: 500,
  cases: [0, 0.3, 0.6].map((nat) => ({ label: `${nat * 100} %`, spec: { nat } })),
})
