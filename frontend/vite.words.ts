import { join } from 'node:path'
import { runnerImport, type Plugin } from 'vite'

const FROM = 'virtual:words/'
const ROOM = join(import.meta.dirname, 'src/i18n')

/**
 * `virtual:words/ru` is all that the page says in Russian. The words stand in files by subject, each in every language, so
 * that a change is made once for all of them; the browser gets one script with the language it speaks.
 */
export function words(): Plugin {
  let made: ReturnType<typeof runnerImport<typeof import('./src/i18n/words')>> | undefined
  return {
    name: 'callfloor-words',
    resolveId: (id) => (id.startsWith(FROM) ? `\0${id}` : undefined),
    async load(id) {
      if (!id.startsWith(`\0${FROM}`)) return
      made ??= runnerImport(join(ROOM, 'words.ts'))
      const { module, dependencies } = await made
      for (const file of dependencies) this.addWatchFile(file)
      const language = id.slice(FROM.length + 1) as keyof typeof module.words
      // A text is read faster than the same as a script.
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(module.words[language]))})`
    },
    // The development server: whose file of words changes gets all of them anew.
    handleHotUpdate({ file, server }) {
      if (!file.startsWith(ROOM)) return
      made = undefined
      for (const [id, module] of server.moduleGraph.idToModuleMap)
        if (id.startsWith(`\0${FROM}`)) server.moduleGraph.invalidateModule(module)
      server.ws.send({ type: 'full-reload' })
      return []
    },
  }
}
