/** A PBX connection as it is being written down, and what came of trying it. */
import { i18n } from '../../i18n/index.svelte'
import {
  addConnection,
  changeConnection,
  testConnection,
  type ConnectionChange,
  type Examination,
  type PbxConnection,
} from '../../live/connections'
import { ApiError } from '../../live/rest'
import { refusal } from '../settings/rules.svelte'

const PORT = 5038
const TLS_PORT = 5039
const DATABASE = {
  given: false,
  host: '',
  port: 3306,
  name: 'asterisk',
  user: '',
  password: '',
  required: false,
  ca: '',
}

export class ConnectionDraft {
  fields = $state({ name: '', host: '', port: PORT, user: '', secret: '', tls: false, verify: true, ca: '', mark: '' })
  /** FreePBX's own; the PBX's address is its, where no other is written. */
  database = $state({ ...DATABASE })
  busy = $state<'testing' | 'saving'>()
  found = $state.raw<Examination>()
  /** What the server refused; the secret's own refusal stands at the secret. */
  wrong = $state('')
  secretWrong = $state(false)
  passwordWrong = $state(false)

  constructor(
    readonly projectId: number,
    readonly kept?: PbxConnection,
  ) {
    if (!kept) return
    const { name, host, port, user, tls, verify, ca, mark } = kept
    this.fields = { name, host, port, user, secret: '', tls, verify, ca: ca ?? '', mark: mark ?? '' }
    if (!kept.database) return
    const { host: at, port: door, name: called, user: who, tls: sealed, ca: trusted } = kept.database
    const required = sealed === 'required' || trusted !== null
    this.database = {
      ...DATABASE,
      given: true,
      host: at,
      port: door,
      name: called,
      user: who,
      required,
      ca: trusted ?? '',
    }
  }

  /** The environment gives its address: name, mark and database are changed here. */
  get given(): boolean {
    return this.kept?.origin === 'environment'
  }

  /** A PBX that is watched is to be reached elsewhere, or as somebody else: what becomes of its live calls is said. */
  get moves(): boolean {
    const { kept } = this
    if (!kept || kept.state === 'paused' || this.given) return false
    const { host, port, user, secret, tls } = this.fields
    return host.trim() !== kept.host || port !== kept.port || user.trim() !== kept.user || !!secret || tls !== kept.tls
  }

  get whole(): boolean {
    const { host, user, secret, port } = this.fields
    const whole = !!host.trim() && !!user.trim() && (!!secret || !!this.kept) && Number.isInteger(port) && port > 0
    const { given, name, user: who, password, port: door } = this.database
    const known = !!password || !!this.kept?.database?.has_password
    return whole && (!given || (!!name.trim() && !!who.trim() && known && Number.isInteger(door) && door > 0))
  }

  /** The usual port of the other kind, unless somebody chose one. */
  useTls(on: boolean): void {
    this.fields.tls = on
    if (this.fields.port === (on ? PORT : TLS_PORT)) this.fields.port = on ? TLS_PORT : PORT
  }

  async test(): Promise<void> {
    await this.#try('testing', async () => {
      this.found = undefined
      this.found = await testConnection(this.projectId, { ...this.#change(), id: this.kept?.id ?? null })
    })
  }

  async save(): Promise<PbxConnection | undefined> {
    let made: PbxConnection | undefined
    await this.#try('saving', async () => {
      made = this.kept
        ? await changeConnection(this.projectId, this.kept.id, this.#change())
        : await addConnection(this.projectId, this.#change())
    })
    return made
  }

  #change(): ConnectionChange {
    const { name, host, port, user, secret, tls, verify, ca, mark } = this.fields
    return {
      name: name.trim() || host.trim(),
      host: host.trim(),
      port,
      user: user.trim(),
      ...(secret ? { secret } : {}),
      tls,
      verify,
      ca: ca.trim() || null,
      login: this.kept?.login ?? 'auto',
      mark: mark.trim() || null,
      database: this.#database(),
    }
  }

  #database(): ConnectionChange['database'] {
    const { given, host, port, name, user, password, required, ca } = this.database
    if (this.kept?.database_given) return undefined
    if (!given) return null
    const local = host.trim().startsWith('/')
    return {
      host: host.trim() || this.fields.host.trim(),
      port,
      name: name.trim(),
      user: user.trim(),
      ...(password ? { password } : {}),
      tls: required && !local ? 'required' : 'offered',
      ca: (required && !local && ca.trim()) || null,
    }
  }

  async #try(what: 'testing' | 'saving', act: () => Promise<void>): Promise<void> {
    this.busy = what
    this.wrong = ''
    this.secretWrong = false
    this.passwordWrong = false
    try {
      await act()
    } catch (error) {
      const id = error instanceof ApiError ? error.errorId : ''
      if (id === 'secret_needed' && error instanceof ApiError && error.details.field === 'database')
        this.passwordWrong = true
      else if (id === 'secret_needed') this.secretWrong = true
      else this.wrong = id === 'conflict' ? i18n.t.connections.wrong : refusal(error)
    } finally {
      this.busy = undefined
    }
  }
}
