/** The sections of the settings page; another one is another line and a component of its own. */
import type { Component } from 'svelte'
import type { Dictionary } from '../../i18n/dictionary'

export interface Section {
  /** In the address: `/settings/marks`. */
  path: string
  word: (t: Dictionary) => string
  /** Its component, whose code comes when it is first opened. It says its own heading (`Section.svelte` does). */
  screen: () => Promise<{ default: Component }>
  /** Of a project that is archived, too. */
  rests?: true
}

export interface Group {
  word: (t: Dictionary) => string
  sections: readonly Section[]
}

export const GROUPS: readonly Group[] = [
  {
    word: (t) => t.settings.groups.company,
    sections: [
      {
        path: 'project',
        word: (t) => t.directory.project.title,
        screen: () => import('../directory/ProjectSection.svelte'),
        rests: true,
      },
      {
        path: 'employees',
        word: (t) => t.directory.employees.title,
        screen: () => import('../directory/Employees.svelte'),
      },
      {
        path: 'departments',
        word: (t) => t.directory.departments.title,
        screen: () => import('../directory/Departments.svelte'),
      },
      { path: 'queues', word: (t) => t.directory.queues.title, screen: () => import('../directory/Queues.svelte') },
      { path: 'numbers', word: (t) => t.settings.numbers.title, screen: () => import('./Numbers.svelte') },
      { path: 'lines', word: (t) => t.directory.lines.title, screen: () => import('../directory/Lines.svelte') },
      { path: 'hours', word: (t) => t.directory.hours.title, screen: () => import('../directory/WorkHours.svelte') },
      { path: 'file', word: (t) => t.directory.file.title, screen: () => import('../directory/DirectoryFile.svelte') },
    ],
  },
  {
    word: (t) => t.settings.groups.calls,
    sections: [
      { path: 'marks', word: (t) => t.settings.marks.title, screen: () => import('./Marks.svelte') },
      { path: 'rules', word: (t) => t.settings.rules.title, screen: () => import('./Rules.svelte') },
      { path: 'spam', word: (t) => t.settings.spam.title, screen: () => import('./Spam.svelte') },
      { path: 'tariffs', word: (t) => t.tariffs.title, screen: () => import('./Tariffs.svelte') },
      { path: 'listening', word: (t) => t.supervision.policy.title, screen: () => import('./Listening.svelte') },
      {
        path: 'personal-data',
        word: (t) => t.personal.title,
        screen: () => import('../personal/PersonalData.svelte'),
        rests: true,
      },
    ],
  },
  {
    word: (t) => t.settings.groups.pbx,
    sections: [
      { path: 'connections', word: (t) => t.connections.title, screen: () => import('./Connections.svelte') },
      { path: 'found', word: (t) => t.discovery.title, screen: () => import('../discovery/Found.svelte') },
      { path: 'import', word: (t) => t.imports.title, screen: () => import('./Import.svelte') },
    ],
  },
  {
    word: () => 'Callfloor',
    sections: [
      { path: 'users', word: (t) => t.access.users.title, screen: () => import('./Users.svelte'), rests: true },
      { path: 'sign-in', word: (t) => t.access.security.title, screen: () => import('./SigningIn.svelte') },
      { path: 'work', word: (t) => t.settings.work.title, screen: () => import('./Work.svelte') },
    ],
  },
]

/** Those that there are for a project as it is now. */
export const groupsOf = (archived: boolean): readonly Group[] =>
  archived
    ? GROUPS.map((group) => ({ ...group, sections: group.sections.filter((one) => one.rests) })).filter(
        (group) => group.sections.length,
      )
    : GROUPS

export const SECTIONS: readonly Section[] = GROUPS.flatMap((group) => group.sections)
