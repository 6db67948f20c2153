import { lazy, Suspense, useEffect } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { printable } from '../../src/base/printable.ts'
import type { Status } from './api/types.ts'
import { SearchPage } from './pages/search/search-page.tsx'
import { SignIn } from './pages/sign-in.tsx'
import { connection } from './state/live.ts'
import { useAsk, useSignedIn, useStore } from './state/use.ts'
import { Icon, type IconName } from './ui/icon.tsx'
import { Badge, Empty } from './ui/notice.tsx'
import { Name } from './ui/text.tsx'
import { Toasts } from './ui/toasts.tsx'

/** The pages, in the order of the menu. Only the first is there at once; the others come when they are wanted. */
const PAGES: readonly { path: string; label: string; icon: IconName; component: React.ComponentType }[] = [
  { path: '/', label: 'Search', icon: 'search', component: SearchPage },
  {
    path: '/transfers',
    label: 'Transfers',
    icon: 'transfers',
    component: lazy(() => import('./pages/transfers/transfers-page.tsx')),
  },
  {
    path: '/library',
    label: 'Library',
    icon: 'library',
    component: lazy(() => import('./pages/library/library-page.tsx')),
  },
  {
    path: '/copies',
    label: 'Copies',
    icon: 'copies',
    component: lazy(() => import('./pages/copies/copies-page.tsx')),
  },
  {
    path: '/network',
    label: 'Network',
    icon: 'network',
    component: lazy(() => import('./pages/network/network-page.tsx')),
  },
  {
    path: '/stats',
    label: 'Statistics',
    icon: 'stats',
    component: lazy(() => import('./pages/stats/stats-page.tsx')),
  },
  {
    path: '/wishes',
    label: 'Wish list',
    icon: 'wish',
    component: lazy(() => import('./pages/wishes/wishes-page.tsx')),
  },
  {
    path: '/settings',
    label: 'Settings',
    icon: 'settings',
    component: lazy(() => import('./pages/settings/settings-page.tsx')),
  },
]
const OpenPage = lazy(() => import('./pages/open/open-page.tsx'))

export function App() {
  const [path, go] = useLocation()
  const page = PAGES.find((each) => each.path === path)
  useEffect(() => {
    document.title = page && page.path !== '/' ? `${page.label} – Shoal` : 'Shoal'
  }, [page])
  return (
    <>
      <a className="skip" href="#main">
        To the content
      </a>
      <Header />
      <nav className="nav" aria-label="Pages">
        {PAGES.map(({ path: to, label, icon }) => (
          <Link
            key={to}
            href={to}
            className={to === path ? 'nav-link here' : 'nav-link'}
            aria-current={to === path ? 'page' : undefined}
          >
            <Icon name={icon} size={22} />
            <span>{label}</span>
          </Link>
        ))}
      </nav>
      <main id="main" className="main" tabIndex={-1}>
        <Suspense fallback={<p className="soft">…</p>}>
          <Switch>
            {PAGES.map(({ path: to, component }) => (
              <Route key={to} path={to} component={component} />
            ))}
            <Route path="/open" component={OpenPage} />
            <Route>
              <Empty title="There is no such page.">
                <Link href="/">To the search</Link>
              </Empty>
            </Route>
          </Switch>
        </Suspense>
      </main>
      <Toasts onGo={go} />
    </>
  )
}

/** Who this node is, and whether it can be heard. */
function Header() {
  const { data } = useAsk<Status>('/api/v1/status', { everyMs: 5000, on: ['config', 'peer'] })
  const state = useStore(connection)
  const signedIn = useSignedIn()
  return (
    <header className="head">
      <Link href="/" className="brand">
        <img src="/icon.svg" alt="" width="26" height="26" />
        <span>Shoal</span>
      </Link>
      {data && <Name text={data.name} className="node-name" />}
      <span className="head-facts">
        {state === 'lost' ? (
          <Badge tone="bad">No answer from the node</Badge>
        ) : (
          data && <Badge tone={data.peers > 0 ? 'good' : 'warn'}>{peersText(data)}</Badge>
        )}
        {data?.privateNetwork && <Badge>{`Private: ${printable(data.privateNetwork.name)}`}</Badge>}
      </span>
      {!signedIn && <SignIn />}
    </header>
  )
}

function peersText({ peers, network }: Status): string {
  if (peers === 0) return 'No peers yet'
  const known = `${peers.toLocaleString()} ${peers === 1 ? 'peer' : 'peers'}`
  return network ? `${known}, ${network.neighbours} near` : known
}
