/** A call and the directory joined into what a row of the Calls page shows. No DOM, no words, no clock. */
import type { Department, Directory, Employee, LiveCall, LiveParty } from './frames'
import { phone, type Phone } from './phone'
import { named } from './story'

export interface Person {
  /** What filters and addresses name them by: the employee's id, or the account where nobody is known. */
  key: string
  /** Of the employee, where one is known. */
  id: number | undefined
  name: string
  account: string | null
  department: Department | undefined
  party: LiveParty
}

export type Business = Phone & { label: string | null; source: string | null }

/**
 * One row. Everything is made when it is first asked for: of a thousand calls thirty are on the screen, and nobody
 * searches most of the time.
 */
export class Row {
  #people: readonly Person[] | undefined
  #client: Phone | undefined
  #business: Business | undefined
  #haystack: string | undefined

  constructor(
    readonly call: LiveCall,
    readonly who: Who,
  ) {}

  get id(): string {
    return this.call.id
  }

  /** Who is in the call now (all who ring, in ring-all), in the order they joined; the client is not among them. */
  get people(): readonly Person[] {
    return (this.#people ??= this.call.parties
      .filter((party) => party.state !== 'left' && !isClient(party, this.call))
      .map((party) => this.who.person(party)))
  }

  get departments(): readonly Department[] {
    return [...new Set(this.people.flatMap((person) => person.department ?? []))]
  }

  /** Undefined where the number is hidden. */
  get client(): Phone | undefined {
    const { client_number: given, client_e164: e164 } = this.call
    const number = given ?? e164
    return (this.#client ??= number ? phone(number, this.who.country, e164) : undefined)
  }

  get business(): Business | undefined {
    const number = this.call.business_number
    return (this.#business ??= number ? this.who.business(number) : undefined)
  }

  get queue(): string | undefined {
    return this.call.queue === null ? undefined : this.who.queueName(this.call.queue)
  }

  /** The scheme and the steps of the way, as people call them. */
  get route(): string {
    return [this.call.scheme, ...this.call.route.map((step) => named(step, this.who))].filter(Boolean).join(' → ')
  }

  /** Lower-case text and digits in which the search looks. */
  get haystack(): string {
    return (this.#haystack ??= [
      ...this.people.flatMap((person) => [person.name, person.account, person.department?.name]),
      this.client?.text,
      this.client?.digits,
      this.business?.digits,
      this.business?.label,
      this.queue,
      this.call.queue,
      this.call.scheme,
    ]
      .filter(Boolean)
      .join('\n')
      .toLowerCase())
  }
}

/** The directory with its indexes; made once per edit of the directory. */
export class Who {
  readonly employees: ReadonlyMap<number, Employee>
  readonly departments: ReadonlyMap<number, Department>
  readonly queues: ReadonlyMap<string, string>
  readonly #trunks: ReadonlyMap<string, string>
  readonly #accounts: ReadonlyMap<string, Employee>
  readonly #numbers: ReadonlyMap<string, { label: string | null; source: string | null }>
  readonly #rows = new WeakMap<LiveCall, Row>()

  constructor(
    readonly directory: Directory,
    readonly country: string | null,
  ) {
    this.employees = new Map(directory.employees.map((one) => [one.id, one]))
    this.departments = new Map(directory.departments.map((one) => [one.id, one]))
    this.queues = new Map(directory.queues.map((one) => [one.name, one.label ?? one.name]))
    this.#trunks = new Map(directory.trunks.map((one) => [one.name, one.label ?? one.name]))
    this.#accounts = new Map(directory.employees.flatMap((one) => one.accounts.map((account) => [account, one])))
    this.#numbers = new Map(directory.numbers.map((one) => [phone(one.number, country).digits, one]))
  }

  /** The same object as long as the call's object is the same. */
  row(call: LiveCall): Row {
    const known = this.#rows.get(call)
    if (known) return known
    const row = new Row(call, this)
    this.#rows.set(call, row)
    return row
  }

  /** By the party's employee, else by the account, else by the bare number. */
  person(party: LiveParty): Person {
    const employee = this.employeeOf(party)
    const department = employee?.department_id == null ? undefined : this.departments.get(employee.department_id)
    const name = employee?.name ?? party.account ?? (party.number ? phone(party.number, this.country).text : '')
    const id = employee?.id
    return { key: id === undefined ? name : String(id), id, name, account: party.account, department, party }
  }

  nameOf(account: string): string {
    return this.#accounts.get(account)?.name ?? account
  }

  queueName(name: string): string {
    return this.queues.get(name) ?? name
  }

  trunkName(name: string): string {
    return this.#trunks.get(name) ?? name
  }

  business(number: string): Business {
    const read = phone(number, this.country)
    const known = this.#numbers.get(read.digits)
    return { ...read, label: known?.label ?? null, source: known?.source ?? null }
  }

  /** The department and all below it. */
  within(id: number): Set<number> {
    const found = new Set([id])
    // The list is short, and may nest in any order: repeat until nothing is added.
    for (let size = 0; size !== found.size;) {
      size = found.size
      for (const one of this.departments.values())
        if (one.parent_id !== null && found.has(one.parent_id)) found.add(one.id)
    }
    return found
  }

  /** Whose party it is: by the employee's id, else by the account. */
  employeeOf(party: LiveParty): Employee | undefined {
    if (party.employee_id !== null) return this.employees.get(party.employee_id)
    return party.account === null ? undefined : this.#accounts.get(party.account)
  }
}

const isClient = (party: LiveParty, call: LiveCall): boolean =>
  party.account === null && (party.number === call.client_number || party.number === call.client_e164)

export interface Counters {
  active: number
  waiting: number
  waitingInbound: number
  talking: number
  talkingInbound: number
}
