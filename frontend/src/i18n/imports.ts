/** The words of the import of history. */
import type { Language } from './index.svelte'

const en = {
  title: 'Import',
  intro:
    'Calls of the past from the PBX’s own records. What the journal knows whole stays as it is; what it knows in part is made whole.',
  files: 'Files',
  filesHelp:
    'As Asterisk writes them, or tables exported with a head. Call events tell the most; records and the queue log add to them.',
  cel: 'Call events (CEL)',
  cdr: 'Call records (CDR)',
  queue_log: 'Queue log',
  database: 'Database of the PBX',
  databaseHelp:
    'Its tables cdr, cel and queue_log are read, and nothing is written there. The address is not shown again.',
  address: 'Address',
  zone: 'Time zone of the PBX',
  first: 'From',
  last: 'To',
  link: 'Whose records',
  start: 'Import',
  uploading: '{name}: {done} of {of} MB',
  stop: 'Stop',
  stopped: 'The import was stopped. What it had written stays; it goes on from there when it is begun again.',
  came: 'New calls: {calls}. Made whole: {mended}. Known before: {known}. Refused: {refused}.',
  refused: 'What was refused, and why',
  refusedFile: 'Every refused row, as a table (CSV)',
  reasons: {
    'the call has not ended in the source': 'The call has not ended in the source',
    'the call may still go on; import again later': 'The call may still go on: import again later',
    'a phone that dialled a code, or listened to a call: nobody at its other end':
      'A phone that dialled a code or listened to a call: nobody at its other end',
    "no phone of anybody's in it": 'No phone of anybody’s in it',
    'it began outside the period': 'It began outside the period',
  },
  nothing: 'Choose files, or give the address of a database.',
  before: 'Imported so far',
  none: 'Nothing was imported yet.',
  rows: 'Rows: {rows}; calls: {calls}, known before: {known}, refused: {refused}',
}

export type ImportWords = typeof en

const ru: ImportWords = {
  title: 'Импорт',
  intro:
    'Звонки прошлого из собственных записей АТС. То, что журнал знает полностью, не меняется; известное частично дополняется.',
  files: 'Файлы',
  filesHelp:
    'Как их пишет Asterisk, или таблицы, выгруженные с заголовком. Больше всего говорят события звонков; записи и журнал очередей дополняют их.',
  cel: 'События звонков (CEL)',
  cdr: 'Записи звонков (CDR)',
  queue_log: 'Журнал очередей',
  database: 'База данных АТС',
  databaseHelp: 'Таблицы cdr, cel и queue_log только читаются. Адрес больше не показывается.',
  address: 'Адрес',
  zone: 'Часовой пояс АТС',
  first: 'С',
  last: 'По',
  link: 'Чьи записи',
  start: 'Импортировать',
  uploading: '{name}: {done} из {of} МБ',
  stop: 'Остановить',
  stopped: 'Импорт остановлен. Записанное остаётся; новый запуск продолжит с этого места.',
  came: 'Новых звонков: {calls}. Дополнено: {mended}. Известно раньше: {known}. Отклонено: {refused}.',
  refused: 'Что отклонено и почему',
  refusedFile: 'Все отклонённые строки таблицей (CSV)',
  reasons: {
    'the call has not ended in the source': 'В источнике нет конца звонка',
    'the call may still go on; import again later': 'Звонок, возможно, ещё идёт: импортируйте позже',
    'a phone that dialled a code, or listened to a call: nobody at its other end':
      'Телефон набрал код или прослушивал звонок: на другом конце никого',
    "no phone of anybody's in it": 'В нём нет ничьего телефона',
    'it began outside the period': 'Начался вне выбранного периода',
  },
  nothing: 'Выберите файлы или укажите адрес базы данных.',
  before: 'Уже импортировано',
  none: 'Пока ничего не импортировано.',
  rows: 'Строк: {rows}; звонков: {calls}, известных раньше: {known}, отклонено: {refused}',
}

const pl: ImportWords = {
  title: 'Import',
  intro:
    'Dawne rozmowy z własnych zapisów centrali. To, co dziennik zna w całości, pozostaje bez zmian; znane częściowo zostanie uzupełnione.',
  files: 'Pliki',
  filesHelp:
    'Takie, jak zapisuje Asterisk, albo tabele wyeksportowane z nagłówkiem. Najwięcej mówią zdarzenia; rekordy i dziennik kolejek je uzupełniają.',
  cel: 'Zdarzenia rozmów (CEL)',
  cdr: 'Rekordy rozmów (CDR)',
  queue_log: 'Dziennik kolejek',
  database: 'Baza danych centrali',
  databaseHelp: 'Tabele cdr, cel i queue_log są tylko czytane. Adres nie będzie więcej pokazany.',
  address: 'Adres',
  zone: 'Strefa czasowa centrali',
  first: 'Od',
  last: 'Do',
  link: 'Czyje zapisy',
  start: 'Importuj',
  uploading: '{name}: {done} z {of} MB',
  stop: 'Zatrzymaj',
  stopped: 'Import zatrzymano. To, co zapisano, pozostaje; ponowne uruchomienie zacznie od tego miejsca.',
  came: 'Nowe rozmowy: {calls}. Uzupełnione: {mended}. Znane wcześniej: {known}. Odrzucone: {refused}.',
  refused: 'Co odrzucono i dlaczego',
  refusedFile: 'Wszystkie odrzucone wiersze jako tabela (CSV)',
  reasons: {
    'the call has not ended in the source': 'W źródle nie ma końca rozmowy',
    'the call may still go on; import again later': 'Rozmowa może jeszcze trwać: zaimportuj później',
    'a phone that dialled a code, or listened to a call: nobody at its other end':
      'Telefon wybrał kod albo odsłuchiwał rozmowę: po drugiej stronie nikogo',
    "no phone of anybody's in it": 'Nie ma w niej niczyjego telefonu',
    'it began outside the period': 'Zaczęła się poza wybranym okresem',
  },
  nothing: 'Wybierz pliki albo podaj adres bazy danych.',
  before: 'Dotąd zaimportowano',
  none: 'Jeszcze nic nie zaimportowano.',
  rows: 'Wiersze: {rows}; rozmowy: {calls}, znane wcześniej: {known}, odrzucone: {refused}',
}

const uk: ImportWords = {
  title: 'Імпорт',
  intro:
    'Дзвінки минулого з власних записів АТС. Те, що журнал знає повністю, не змінюється; відоме частково доповнюється.',
  files: 'Файли',
  filesHelp:
    'Як їх пише Asterisk, або таблиці, вивантажені із заголовком. Найбільше кажуть події дзвінків; записи й журнал черг доповнюють їх.',
  cel: 'Події дзвінків (CEL)',
  cdr: 'Записи дзвінків (CDR)',
  queue_log: 'Журнал черг',
  database: 'База даних АТС',
  databaseHelp: 'Таблиці cdr, cel і queue_log лише читаються. Адреса більше не показується.',
  address: 'Адреса',
  zone: 'Часовий пояс АТС',
  first: 'З',
  last: 'До',
  link: 'Чиї записи',
  start: 'Імпортувати',
  uploading: '{name}: {done} з {of} МБ',
  stop: 'Зупинити',
  stopped: 'Імпорт зупинено. Записане лишається; новий запуск продовжить із цього місця.',
  came: 'Нових дзвінків: {calls}. Доповнено: {mended}. Відомо раніше: {known}. Відхилено: {refused}.',
  refused: 'Що відхилено й чому',
  refusedFile: 'Усі відхилені рядки таблицею (CSV)',
  reasons: {
    'the call has not ended in the source': 'У джерелі немає кінця дзвінка',
    'the call may still go on; import again later': 'Дзвінок, можливо, ще триває: імпортуйте пізніше',
    'a phone that dialled a code, or listened to a call: nobody at its other end':
      'Телефон набрав код або прослуховував дзвінок: на іншому кінці нікого',
    "no phone of anybody's in it": 'У ньому немає нічийого телефона',
    'it began outside the period': 'Почався поза вибраним періодом',
  },
  nothing: 'Виберіть файли або вкажіть адресу бази даних.',
  before: 'Уже імпортовано',
  none: 'Ще нічого не імпортовано.',
  rows: 'Рядків: {rows}; дзвінків: {calls}, відомих раніше: {known}, відхилено: {refused}',
}

export const imports: Readonly<Record<Language, ImportWords>> = { en, ru, pl, uk }
