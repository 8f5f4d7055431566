/** Who is here: the session, the project chosen, and the way in and out. */
import { i18n, isLanguage, type Language } from './i18n/index.svelte'
import { chooseLook } from './live/account'
import { ApiError, UnreachableError, type Upgrade } from './live/rest'
import { setUpNeeded } from './live/setup'
import { currentSession, signIn, signOut, type Project, type SessionInfo } from './live/session'
import { isTheme, theme, type ThemeName } from './ui/theme.svelte'
import { toast } from './ui/toast.svelte'

const PROJECT = 'callfloor.project'
const RETRY_MS = 4000

export type Phase = 'loading' | 'unreachable' | 'set-up' | 'signed-out' | 'signed-in'

class App {
  phase = $state<Phase>('loading')
  session = $state.raw<SessionInfo>()
  /** The session ended under the user's hands: say so at the sign-in. */
  ended = $state(false)
  /** The server is there, and upgrades its store first. */
  upgrade = $state.raw<Upgrade>()
  /** The first start goes on: its PBX is next. */
  connecting = $state(false)
  /** Whom the sign-in is for, where that is known: a link of a letter was just used. */
  login = ''
  /** Language and theme that were chosen before anybody signed in. */
  #unkept: { locale?: string; theme?: string } = {}
  #projectId = $state<number>()

  get project(): Project | undefined {
    const projects = this.session?.projects ?? []
    return projects.find((one) => one.id === this.#projectId) ?? projects[0]
  }

  async start(): Promise<void> {
    try {
      const session = await currentSession()
      if (session) await this.#enter(session)
      else this.phase = (await setUpNeeded().catch(() => false)) ? 'set-up' : 'signed-out'
    } catch (error) {
      if (error instanceof ApiError) this.phase = 'signed-out'
      else {
        this.phase = 'unreachable'
        this.upgrade = error instanceof UnreachableError ? error.upgrade : undefined
        setTimeout(() => void this.start(), RETRY_MS)
      }
    }
  }

  async signIn(login: string, password: string, code?: string): Promise<void> {
    await this.#enter(await signIn(login, password, code))
  }

  /** The first start is over, or its last step is put off. */
  connected(): void {
    this.connecting = false
  }

  /** Leaves at once; where the server does not hear it, its session ends by its own age. */
  async signOut(): Promise<void> {
    const elsewhere = signOut().catch(() => undefined)
    this.#leave(false)
    const address = await elsewhere
    if (address) location.assign(address)
  }

  /** The server says that the session is over. */
  sessionEnded(): void {
    if (this.phase === 'signed-in') this.#leave(true)
  }

  /** The projects as they are called now, after one of them was changed. */
  async refresh(): Promise<void> {
    const session = await currentSession()
    if (!session || !this.session) return
    this.session = session
    this.#useZone()
  }

  chooseProject(id: number): void {
    localStorage.setItem(PROJECT, String(id))
    this.#projectId = id
    this.#useZone()
  }

  async #enter(session: SessionInfo): Promise<void> {
    // First, so that nothing is seen in one language and then in another.
    await this.#useLook(session)
    this.connecting = this.phase === 'set-up'
    this.session = session
    this.ended = false
    this.#projectId = Number(localStorage.getItem(PROJECT)) || undefined
    this.#useZone()
    this.phase = 'signed-in'
  }

  /** Kept with the user, so that they find it wherever they sign in; what fails is kept in this browser. */
  chooseLanguage(language: Language): void {
    i18n.choose(language).catch(() => toast.warn(i18n.t.gate.failed))
    this.#keepLook({ locale: language })
  }

  chooseTheme(name: ThemeName): void {
    theme.choose(name)
    this.#keepLook({ theme: name })
  }

  #keepLook(look: { locale?: string; theme?: string }): void {
    this.#unkept = { ...this.#unkept, ...look }
    if (this.phase !== 'signed-in') return
    const unkept = this.#unkept
    this.#unkept = {}
    chooseLook(unkept).catch(() => undefined)
  }

  async #useLook({ user }: SessionInfo): Promise<void> {
    if (Object.keys(this.#unkept).length > 0) {
      const unkept = this.#unkept
      this.#unkept = {}
      chooseLook(unkept).catch(() => undefined)
    } else if (user.look_chosen) {
      if (isTheme(user.theme)) theme.choose(user.theme)
      if (isLanguage(user.locale)) await i18n.choose(user.locale).catch(() => undefined)
    } else {
      theme.suggest(user.theme)
      await i18n.suggest(user.locale).catch(() => undefined)
    }
  }

  #leave(ended: boolean): void {
    this.ended = ended
    this.session = undefined
    this.phase = 'signed-out'
  }

  #useZone(): void {
    if (this.project) i18n.timeZone = this.project.timezone
  }
}

export const app = new App()
