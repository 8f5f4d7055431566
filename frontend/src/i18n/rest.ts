/** The words of a project that is put to rest, taken up again, and removed. */
import type { Language } from './index.svelte'

const en = {
  title: 'Archive',
  help: 'Nothing is collected any more, and nothing is live; PBXes are left alone. Administrators go on reading the past. It can be taken up again at any time.',
  archive: 'Archive…',
  askTitle: 'Archive {name}?',
  ask: 'Live pages close for everybody, and calls that are on now end in the journal where they were seen last. What happens while the project is archived is not fetched later.',
  archiveNow: 'Archive',
  archived: '{name} is archived.',
  since:
    'Archived since {day}. What was collected before can be read, exported and erased; rules for how long things are kept hold.',
  line: 'This project is archived: nothing is collected, and nothing is live.',
  toSettings: 'Take it up again…',
  resume: 'Take up again',
  resumed: '{name} is watched again.',
  remove: 'Remove for good…',
  removeTitle: 'Remove {name} for good',
  removeText:
    'Calls, recordings kept here, statuses, employees, settings and the audit of {name} go. Users stay. This cannot be undone.',
  typeName: 'Type the project’s name',
  removeNow: 'Remove for good',
  removed: '{name} is removed.',
  wrongName: 'That is not the project’s name: nothing was removed.',
  only: 'It is the only project: there must be another before it is removed.',
  cancel: 'Cancel',
}

export type RestWords = typeof en

const ru: RestWords = {
  title: 'Архив',
  help: 'Данные больше не собираются, живых страниц нет; АТС никто не трогает. Администраторы по-прежнему читают прошлое. Проект можно вернуть в любой момент.',
  archive: 'В архив…',
  askTitle: 'Отправить {name} в архив?',
  ask: 'Живые страницы закроются у всех, а идущие звонки останутся в журнале такими, какими их видели в последний раз. Что произойдёт, пока проект в архиве, потом не загружается.',
  archiveNow: 'В архив',
  archived: '{name} в архиве.',
  since: 'В архиве с {day}. Собранное раньше можно читать, выгружать и стирать; сроки хранения действуют.',
  line: 'Этот проект в архиве: данные не собираются, живых страниц нет.',
  toSettings: 'Вернуть…',
  resume: 'Вернуть из архива',
  resumed: '{name} снова под наблюдением.',
  remove: 'Удалить навсегда…',
  removeTitle: 'Удалить {name} навсегда',
  removeText:
    'Звонки, сохранённые здесь записи, статусы, сотрудники, настройки и аудит проекта {name} исчезнут. Пользователи останутся. Отменить это нельзя.',
  typeName: 'Введите название проекта',
  removeNow: 'Удалить навсегда',
  removed: '{name} удалён.',
  wrongName: 'Это не название проекта: ничего не удалено.',
  only: 'Это единственный проект: чтобы его удалить, нужен другой.',
  cancel: 'Отмена',
}

const pl: RestWords = {
  title: 'Archiwum',
  help: 'Nic więcej nie jest zbierane i nic nie jest na żywo; centrale zostają w spokoju. Administratorzy nadal czytają to, co było. Projekt można przywrócić w każdej chwili.',
  archive: 'Do archiwum…',
  askTitle: 'Przenieść {name} do archiwum?',
  ask: 'Strony na żywo zamkną się u wszystkich, a trwające rozmowy zostaną w dzienniku takie, jakie widziano je ostatnio. To, co zdarzy się, gdy projekt jest w archiwum, nie będzie potem pobierane.',
  archiveNow: 'Do archiwum',
  archived: '{name} jest w archiwum.',
  since:
    'W archiwum od {day}. To, co zebrano wcześniej, można czytać, eksportować i usuwać; okresy przechowywania obowiązują.',
  line: 'Ten projekt jest w archiwum: nic nie jest zbierane i nic nie jest na żywo.',
  toSettings: 'Przywróć…',
  resume: 'Przywróć z archiwum',
  resumed: '{name} jest znów obserwowany.',
  remove: 'Usuń na zawsze…',
  removeTitle: 'Usunąć {name} na zawsze',
  removeText:
    'Znikną połączenia, przechowywane tu nagrania, statusy, pracownicy, ustawienia i audyt projektu {name}. Użytkownicy zostaną. Nie da się tego cofnąć.',
  typeName: 'Wpisz nazwę projektu',
  removeNow: 'Usuń na zawsze',
  removed: '{name} został usunięty.',
  wrongName: 'To nie jest nazwa projektu: nic nie usunięto.',
  only: 'To jedyny projekt: aby go usunąć, potrzebny jest inny.',
  cancel: 'Anuluj',
}

const uk: RestWords = {
  title: 'Архів',
  help: 'Дані більше не збираються, живих сторінок немає; АТС ніхто не чіпає. Адміністратори й далі читають минуле. Проєкт можна повернути будь-коли.',
  archive: 'До архіву…',
  askTitle: 'Відправити {name} до архіву?',
  ask: 'Живі сторінки закриються в усіх, а розмови, що тривають, залишаться в журналі такими, якими їх бачили востаннє. Що станеться, поки проєкт в архіві, потім не завантажується.',
  archiveNow: 'До архіву',
  archived: '{name} в архіві.',
  since: 'В архіві з {day}. Зібране раніше можна читати, вивантажувати й стирати; строки зберігання діють.',
  line: 'Цей проєкт в архіві: дані не збираються, живих сторінок немає.',
  toSettings: 'Повернути…',
  resume: 'Повернути з архіву',
  resumed: '{name} знову під наглядом.',
  remove: 'Видалити назавжди…',
  removeTitle: 'Видалити {name} назавжди',
  removeText:
    'Дзвінки, збережені тут записи, статуси, співробітники, налаштування й аудит проєкту {name} зникнуть. Користувачі залишаться. Скасувати це не можна.',
  typeName: 'Введіть назву проєкту',
  removeNow: 'Видалити назавжди',
  removed: '{name} видалено.',
  wrongName: 'Це не назва проєкту: нічого не видалено.',
  only: 'Це єдиний проєкт: щоб його видалити, потрібен інший.',
  cancel: 'Скасувати',
}

export const rest: Readonly<Record<Language, RestWords>> = { en, ru, pl, uk }
