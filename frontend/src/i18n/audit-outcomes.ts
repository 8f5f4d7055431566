/**
 * Why something was not done, by the names of the server's errors, in the words of whoever reads the audit. One whose
 * name is not here (of a newer server) stands with its name.
 */
import type { Language } from './index.svelte'

/** English, Russian, Polish, Ukrainian; each goes on after "Not done:". */
const OUTCOMES: Readonly<Record<string, readonly [string, string, string, string]>> = {
  forbidden: ['not allowed', 'нет права', 'brak uprawnień', 'немає права'],
  numbers_masked: ['numbers are masked', 'номера скрыты', 'numery są ukryte', 'номери приховано'],
  not_found: ['not there', 'не найдено', 'nie znaleziono', 'не знайдено'],
  conflict: ['it is taken already', 'уже занято', 'już zajęte', 'уже зайнято'],
  project_archived: ['the project is archived', 'проект в архиве', 'projekt w archiwum', 'проєкт в архіві'],
  project_not_archived: [
    'the project is not archived',
    'проект не в архиве',
    'projekt nie jest w archiwum',
    'проєкт не в архіві',
  ],
  only_project: ['it is the only project', 'единственный проект', 'jedyny projekt', 'єдиний проєкт'],
  stale_edit: ['changed by another meanwhile', 'изменено другим', 'zmienione przez kogoś', 'змінено кимось'],
  invalid_input: ['not understood', 'неверные данные', 'błędne dane', 'хибні дані'],
  weak_password: ['password too weak', 'слабый пароль', 'za słabe hasło', 'заслабкий пароль'],
  wrong_credentials: ['wrong login or password', 'неверный вход', 'zły login lub hasło', 'хибний вхід'],
  wrong_password: ['wrong password', 'неверный пароль', 'złe hasło', 'хибний пароль'],
  wrong_code: ['wrong code', 'неверный код', 'zły kod', 'хибний код'],
  code_required: ['code not given', 'код не введён', 'brak kodu', 'код не введено'],
  unauthenticated: ['not signed in', 'вход не выполнен', 'bez zalogowania', 'вхід не виконано'],
  throttled: ['too many tries', 'слишком много попыток', 'za dużo prób', 'забагато спроб'],
  set_up_first: ['second factor missing', 'нет второго фактора', 'brak drugiego składnika', 'немає другого фактора'],
  link_spent: ['link used or too old', 'ссылка недействительна', 'link nieważny', 'посилання недійсне'],
  last_administrator: [
    'the last administrator',
    'последний администратор',
    'ostatni administrator',
    'останній адміністратор',
  ],
  sign_in_elsewhere: ['refused at single sign-on', 'отказ единого входа', 'odmowa logowania', 'відмова єдиного входу'],
  too_large: ['too large', 'слишком большой', 'za duże', 'завеликий'],
  photo: ['not a photo', 'это не фото', 'to nie zdjęcie', 'це не фото'],
  request_timeout: ['arrived too slowly', 'слишком медленно', 'zbyt wolno', 'надто повільно'],
  ami: ['the PBX failed', 'сбой АТС', 'błąd centrali', 'збій АТС'],
  ami_action_failed: ['the PBX refused', 'АТС отказала', 'centrala odmówiła', 'АТС відмовила'],
  ami_timeout: ['the PBX did not answer', 'АТС не ответила', 'centrala nie odpowiada', 'АТС не відповіла'],
  ami_disconnected: ['no link to the PBX', 'нет связи с АТС', 'brak łączności z centralą', 'немає зв’язку з АТС'],
  ami_login_refused: [
    'the PBX refused the login',
    'АТС отказала во входе',
    'centrala odrzuciła login',
    'АТС не впустила',
  ],
  ami_protocol: ['the PBX is not understood', 'АТС не понята', 'centrala niezrozumiała', 'АТС не зрозуміло'],
  connection_given: ['set by the environment', 'задано окружением', 'ustawione w środowisku', 'задано оточенням'],
  discovery_database: [
    'PBX database unreadable',
    'база АТС не читается',
    'baza centrali nieczytelna',
    'база АТС не читається',
  ],
  secret_needed: ['secret missing', 'нет секрета', 'brak sekretu', 'немає секрету'],
  secret_unreadable: ['secret unreadable', 'секрет не читается', 'sekret nieczytelny', 'секрет не читається'],
  nothing_to_hear: ['nothing to hear', 'нечего слушать', 'nic nie słychać', 'нічого слухати'],
  own_call: ['one’s own call', 'свой звонок', 'własne połączenie', 'власний дзвінок'],
  supervision_forbidden: ['not to be heard', 'слушать нельзя', 'nie wolno słuchać', 'слухати не можна'],
  reason_needed: ['no reason given', 'не указана причина', 'nie podano powodu', 'не вказано причину'],
  supervision_limit: ['too many listen', 'слушателей слишком много', 'za dużo słuchających', 'забагато слухачів'],
  join_in_conference: [
    'no joining a conference',
    'в конференцию не подключиться',
    'do konferencji nie da się dołączyć',
    'до конференції не приєднатися',
  ],
  supervision_over: ['the session is over', 'сеанс окончен', 'sesja zakończona', 'сеанс закінчено'],
  browser_way: ['not by the browser', 'не через браузер', 'nie przez przeglądarkę', 'не через браузер'],
  phone_way: ['not by phone', 'не через телефон', 'nie przez telefon', 'не через телефон'],
  phone_offline: ['phone not registered', 'телефон не в сети', 'telefon niedostępny', 'телефон не в мережі'],
  tone_impossible: ['no tone can be played', 'сигнал невозможен', 'brak sygnału', 'сигнал неможливий'],
  audio_lines_full: ['no sound line free', 'нет свободной линии', 'brak wolnej linii', 'немає вільної лінії'],
  call_gone: ['the call is over', 'звонок окончен', 'połączenie zakończone', 'дзвінок закінчено'],
  conference_without_client: [
    'a conference of colleagues',
    'конференция сотрудников',
    'konferencja pracowników',
    'конференція співробітників',
  ],
  not_in_conference: ['not in the conference', 'нет в конференции', 'nie ma w konferencji', 'немає в конференції'],
  call_cannot_move: ['the call cannot be moved', 'звонок не перевести', 'nie można przekazać', 'дзвінок не перевести'],
  target_unavailable: ['not reachable', 'недоступен', 'nieosiągalny', 'недоступний'],
  no_such_extension: ['no such extension', 'нет такого номера', 'nie ma takiego numeru', 'немає такого номера'],
  action_under_way: ['under way already', 'уже выполняется', 'już w toku', 'уже виконується'],
  not_recorded: ['not recorded', 'не записан', 'nie nagrano', 'не записано'],
  recording_missing: ['recording missing', 'записи нет', 'brak nagrania', 'запису немає'],
  recordings_unreachable: [
    'recordings not reachable',
    'записи недоступны',
    'nagrania niedostępne',
    'записи недоступні',
  ],
  sound_damaged: ['sound damaged', 'звук повреждён', 'dźwięk uszkodzony', 'звук пошкоджено'],
  sound_format: ['sound not playable', 'звук не читается', 'dźwięk nieczytelny', 'звук не читається'],
  voicemail_gone: ['message gone', 'сообщения нет', 'brak wiadomości', 'повідомлення немає'],
  fax_not_kept: ['fax not kept', 'факс не сохранён', 'faksu nie zachowano', 'факс не збережено'],
  report_disk: ['disk full', 'диск полон', 'dysk pełny', 'диск повний'],
  mail_not_set_up: ['mail not set up', 'почта не настроена', 'poczta nieskonfigurowana', 'пошту не налаштовано'],
  letter_not_sent: ['letter not sent', 'письмо не ушло', 'list nie wyszedł', 'лист не надіслано'],
  no_address: ['no mail address', 'нет адреса почты', 'brak adresu e-mail', 'немає адреси пошти'],
  store_busy: ['store busy', 'хранилище занято', 'baza zajęta', 'сховище зайняте'],
  store_full: ['disk full', 'диск полон', 'dysk pełny', 'диск повний'],
  store_unreachable: ['store not reachable', 'хранилище недоступно', 'baza niedostępna', 'сховище недоступне'],
  internal: ['a fault of Callfloor’s', 'сбой Callfloor', 'błąd Callfloor', 'збій Callfloor'],
}

const ORDER: readonly Language[] = ['en', 'ru', 'pl', 'uk']

export function auditOutcomes(language: Language): Readonly<Record<string, string>> {
  const at = ORDER.indexOf(language)
  return Object.fromEntries(Object.entries(OUTCOMES).map(([name, words]) => [name, words[at] ?? name]))
}
