/** An employee as the dialog has them. */
import {
  ACCOUNT_KINDS,
  comeBack,
  leave,
  putEmployee,
  putPhoto,
  removePhoto,
  type AccountAsked,
  type AccountKind,
  type EmployeeEntry,
} from '../../live/directory'
import { changeUser, disableUser, type ProjectUser } from '../../live/users'

interface AccountDraft {
  account: string
  kind: AccountKind
}

const known = (kind: string): AccountKind => ACCOUNT_KINDS.find((one) => one === kind) ?? 'sip'

export class EmployeeDraft {
  name = $state('')
  department = $state<number | null>(null)
  accounts = $state<AccountDraft[]>([])
  user = $state<number | null>(null)
  /** A photo that was chosen; null: none from now on; undefined: as it is. */
  photo = $state.raw<Blob | null>()

  constructor(
    private readonly projectId: number,
    readonly entry: EmployeeEntry | undefined,
    private readonly users: readonly ProjectUser[],
  ) {
    this.name = entry?.name ?? ''
    this.department = entry?.department_id ?? null
    this.accounts = (entry?.accounts ?? []).map((one) => ({ account: one.account, kind: known(one.kind) }))
    this.user = this.#linked?.id ?? null
  }

  get #linked(): ProjectUser | undefined {
    return this.entry && this.users.find((one) => one.employee_id === this.entry?.id)
  }

  get asked(): AccountAsked[] {
    return this.accounts.map((one) => ({ ...one, account: one.account.trim() })).filter((one) => one.account)
  }

  /** Accounts that are named twice. */
  get twice(): string[] {
    const names = this.asked.map((one) => one.account)
    return names.filter((name, i) => names.indexOf(name) !== i)
  }

  add(account = ''): void {
    this.accounts.push({ account, kind: /^\+?\d{9,15}$/.test(account) ? 'mobile' : 'sip' })
  }

  drop(place: number): void {
    this.accounts.splice(place, 1)
  }

  /** The employee first, for nothing else is refused as stale; then photo and user. */
  async save(): Promise<void> {
    const { projectId } = this
    const kept = await putEmployee(projectId, this.entry?.id, {
      name: this.name.trim(),
      department_id: this.department,
      accounts: this.asked,
      revision: this.entry?.revision ?? null,
    })
    if (this.photo) await putPhoto(projectId, kept.id, this.photo)
    else if (this.photo === null && this.entry?.photo) await removePhoto(projectId, kept.id)
    const before = this.#linked
    if ((before?.id ?? null) === this.user) return
    if (before && before.role !== 'employee') await changeUser(projectId, before.id, { employee_id: null })
    if (this.user !== null) await changeUser(projectId, this.user, { employee_id: kept.id })
  }

  /** Who signs in as this employee, and may. */
  get signsIn(): ProjectUser | undefined {
    return this.#linked?.disabled_at === null ? this.#linked : undefined
  }

  async leave(account: 'keep' | 'shut_out'): Promise<void> {
    if (this.entry) await leave(this.projectId, this.entry.id, { account, revision: this.entry.revision })
  }

  /** Of somebody who left before: they sign in no more. */
  async shut(): Promise<void> {
    if (this.signsIn) await disableUser(this.projectId, this.signsIn.id, true)
  }

  /** With the accounts of before, as far as nobody else has got them. */
  async comeBack(): Promise<void> {
    if (this.entry) await comeBack(this.projectId, this.entry.id, this.asked)
  }
}
