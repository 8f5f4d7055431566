import '@fontsource-variable/inter/wght.css'
import { mount } from 'svelte'
import App from './App.svelte'
import { app } from './app.svelte'
import { i18n } from './i18n/index.svelte'
import './ui/base.css'
import './ui/menus.css'
import './ui/bars.css'
import './ui/on-row.css'

const AGAIN_MS = 4000

// Who it is and what is said to them come at the same time.
void app.start()
const target = document.getElementById('app')
if (target)
  i18n.ready.then(
    () => mount(App, { target }),
    // Without its words nothing can be said; the server may be starting anew, and then has others.
    () => setTimeout(() => location.reload(), AGAIN_MS),
  )
