import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { followDownloads } from './state/downloads.ts'
import { listen } from './state/live.ts'
import { theme } from './state/theme.ts'
import { token } from './state/token.ts'
import { tellWishes } from './state/wish-news.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/parts.css'

token.load()
theme.apply()
listen()
followDownloads()
tellWishes()
createRoot(document.getElementById('app')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
