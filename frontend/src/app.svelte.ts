/** Who is here: the session, the project chosen, and the way in and out. */
import { i18n } from './i18n/index.svelte'
import { ApiError } from './live/rest'
import { setUpNeeded } from './live/setup'
import { currentSession, signIn, signOut, type Project, type SessionInfo } from './live/session'
import { theme } from './ui/theme.svelte'

const PROJECT = 'callfloor.project'
const RETRY_MS = 4000

export type Phase = 'loading' | 'unreachable' | 'set-up' | 'signed-out' | 'signed-in'

class App {
  phase = $state<Phase>('loading')
  session = $state.raw<SessionInfo>()
  /** The session ended under the user's hands: say so at the sign-in. */
  ended = $state(false)
  /** The first start goes on: its PBX is next. */
  connecting = $state(false)
  #projectId = $state<number>()

  get project(): Project | undefined {
    const projects = this.session?.projects ?? []
    return projects.find((one) => one.id === this.#projectId) ?? projects[0]
  }

  async start(): Promise<void> {
    try {
      const session = await currentSession()
      if (session) this.#enter(session)
      else this.phase = (await setUpNeeded()) ? 'set-up' : 'signed-out'
    } catch (error) {
      if (error instanceof ApiError) this.phase = 'signed-out'
      else {
        this.phase = 'unreachable'
        setTimeout(() => void this.start(), RETRY_MS)
      }
    }
  }

  async signIn(login: string, password: string): Promise<void> {
    this.#enter(await signIn(login, password))
  }

  /** The first start is over, or its last step is put off. */
  connected(): void {
    this.connecting = false
  }

  /** Leaves at once; where the server does not hear it, its session ends by its own age. */
  async signOut(): Promise<void> {
    this.#leave(false)
    await signOut().catch(() => undefined)
  }

  /** The server says that the session is over. */
  sessionEnded(): void {
    if (this.phase === 'signed-in') this.#leave(true)
  }

  chooseProject(id: number): void {
    localStorage.setItem(PROJECT, String(id))
    this.#projectId = id
    this.#useZone()
  }

  #enter(session: SessionInfo): void {
    this.connecting = this.phase === 'set-up'
    this.session = session
    this.ended = false
    this.#projectId = Number(localStorage.getItem(PROJECT)) || undefined
    i18n.suggest(session.user.locale)
    theme.suggest(session.user.theme)
    this.#useZone()
    this.phase = 'signed-in'
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
