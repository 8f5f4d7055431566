/** Parts of the live pages that are not there from the start; the shell fetches them ahead, once it has shown the floor. */
export const callPanel = () => import('./calls/Detail.svelte')
export const pastBar = () => import('./past/PastBar.svelte')
export const supervisionBar = () => import('./supervision/Bar.svelte')
export const deedDialog = () => import('./supervision/DeedDialog.svelte')
export const reasonDialog = () => import('./supervision/ReasonDialog.svelte')
export const keyboardHelp = () => import('./shell/Help.svelte')
export const ownSessions = () => import('./shell/Sessions.svelte')
