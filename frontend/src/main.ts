import '@fontsource-variable/inter/wght.css'
import { mount } from 'svelte'
import App from './App.svelte'
import './ui/base.css'
import './ui/menus.css'
import './ui/bars.css'

const target = document.getElementById('app')
if (target) mount(App, { target })
