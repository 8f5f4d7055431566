/** The words of the import of history. */
import type { Language } from './index.svelte'

const en = {
  title: 'Import',
  intro: 'Calls of the past from the PBX’s own records. What is in the journal already stays as it is.',
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
  started: 'The import has begun: its progress is under “{section}”.',
  nothing: 'Choose files, or give the address of a database.',
  before: 'Imported so far',
  none: 'Nothing was imported yet.',
  rows: '{rows} rows: {calls} calls, {known} known before, {refused} refused',
}

export type ImportWords = { readonly [K in keyof typeof en]: string }

const ru: ImportWords = {
  title: 'Импорт',
  intro: 'Звонки прошлого из собственных записей АТС. То, что уже есть в журнале, не меняется.',
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
  started: 'Импорт начался: ход виден в разделе «{section}».',
  nothing: 'Выберите файлы или укажите адрес базы данных.',
  before: 'Уже импортировано',
  none: 'Пока ничего не импортировано.',
  rows: 'Строк: {rows}; звонков: {calls}, известных раньше: {known}, отклонено: {refused}',
}

const pl: ImportWords = {
  title: 'Import',
  intro: 'Dawne rozmowy z własnych zapisów centrali. To, co jest już w dzienniku, pozostaje bez zmian.',
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
  started: 'Import rozpoczęty: postęp widać w sekcji „{section}”.',
  nothing: 'Wybierz pliki albo podaj adres bazy danych.',
  before: 'Dotąd zaimportowano',
  none: 'Jeszcze nic nie zaimportowano.',
  rows: 'Wiersze: {rows}; rozmowy: {calls}, znane wcześniej: {known}, odrzucone: {refused}',
}

const uk: ImportWords = {
  title: 'Імпорт',
  intro: 'Дзвінки минулого з власних записів АТС. Те, що вже є в журналі, не змінюється.',
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
  started: 'Імпорт почався: хід видно в розділі «{section}».',
  nothing: 'Виберіть файли або вкажіть адресу бази даних.',
  before: 'Уже імпортовано',
  none: 'Ще нічого не імпортовано.',
  rows: 'Рядків: {rows}; дзвінків: {calls}, відомих раніше: {known}, відхилено: {refused}',
}

export const imports: Readonly<Record<Language, ImportWords>> = { en, ru, pl, uk }
