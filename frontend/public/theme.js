// Before the first paint, so that a dark page never flashes white. A file of its own: inline scripts are refused.
;(function () {
  var theme = 'system'
  try {
    theme = localStorage.getItem('callfloor.theme') || 'system'
  } catch {
    // Storage is switched off: the system's theme it is.
  }
  var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
