/** What is said while calls and statuses cannot be written down: why, how many wait, and what to do. */
import type { Language } from './index.svelte'

const en = {
  title: 'Calls cannot be saved just now',
  /** For administrators; what to do is in it. */
  cause: {
    store_unreachable: 'The database has been out of reach since {time}: look at its server.',
    store_busy: 'Another program has kept the database locked since {time}: find it and end it.',
    store_full: 'The disk of the database has been full since {time}: make room there.',
    store_read_only: 'The database has been read-only since {time}: look at the rights on its file, or at its server.',
    store_damaged: 'The database has been damaged since {time}: restore a backup.',
    spill: 'The disk of Callfloor’s data folder has taken nothing since {time}: make room there.',
    store: 'The database has refused everything since {time}: Callfloor’s log says why.',
  },
  onDisk: 'Safe on disk, to be saved by themselves: {calls}.',
  atRisk: 'Only in memory: {n} entries. Make room in the data folder before stopping Callfloor.',
  lost: 'There was no room left for: {calls}.',
  /** For everybody else. */
  late: 'Calls have not been saved since {time}. Live pages are right; the journal, profiles and reports lack the latest calls, which will be added by themselves.',
}

export type WaitWords = typeof en

const ru: WaitWords = {
  title: 'Звонки сейчас не сохраняются',
  cause: {
    store_unreachable: 'База данных недоступна с {time}: проверьте её сервер.',
    store_busy: 'База данных с {time} заблокирована другой программой: найдите и завершите её.',
    store_full: 'Диск базы данных переполнен с {time}: освободите место.',
    store_read_only: 'База данных с {time} доступна только для чтения: проверьте права на её файл или её сервер.',
    store_damaged: 'База данных с {time} повреждена: восстановите её из резервной копии.',
    spill: 'На диск папки данных Callfloor с {time} ничего не записывается: освободите место.',
    store: 'База данных с {time} ничего не принимает: причина в журнале работы Callfloor.',
  },
  onDisk: 'Ждут на диске и сохранятся сами: {calls}.',
  atRisk: 'Записей только в памяти: {n}. Освободите место в папке данных, прежде чем останавливать Callfloor.',
  lost: 'Не хватило места, потеряно: {calls}.',
  late: 'Звонки не сохраняются с {time}. На живых страницах всё верно; в журнале, профилях и отчётах пока нет последних звонков, они появятся сами.',
}

const pl: WaitWords = {
  title: 'Połączenia nie są teraz zapisywane',
  cause: {
    store_unreachable: 'Baza danych jest nieosiągalna od {time}: sprawdź jej serwer.',
    store_busy: 'Od {time} bazę danych blokuje inny program: znajdź go i zakończ.',
    store_full: 'Dysk bazy danych jest pełny od {time}: zwolnij miejsce.',
    store_read_only: 'Od {time} bazę danych można tylko czytać: sprawdź uprawnienia do jej pliku lub jej serwer.',
    store_damaged: 'Baza danych jest uszkodzona od {time}: przywróć kopię zapasową.',
    spill: 'Od {time} nic nie zapisuje się na dysku folderu danych Callfloor: zwolnij miejsce.',
    store: 'Od {time} baza danych niczego nie przyjmuje: powód jest w dzienniku programu Callfloor.',
  },
  onDisk: 'Bezpieczne na dysku, zapiszą się same: {calls}.',
  atRisk: 'Wpisy tylko w pamięci: {n}. Zwolnij miejsce w folderze danych, zanim zatrzymasz Callfloor.',
  lost: 'Zabrakło miejsca, utracono: {calls}.',
  late: 'Połączenia nie są zapisywane od {time}. Strony na żywo są aktualne; w dzienniku, profilach i raportach brakuje najnowszych połączeń, które dojdą same.',
}

const uk: WaitWords = {
  title: 'Дзвінки зараз не зберігаються',
  cause: {
    store_unreachable: 'База даних недоступна з {time}: перевірте її сервер.',
    store_busy: 'Базу даних з {time} заблокувала інша програма: знайдіть і завершіть її.',
    store_full: 'Диск бази даних переповнений з {time}: звільніть місце.',
    store_read_only: 'База даних з {time} доступна лише для читання: перевірте права на її файл або її сервер.',
    store_damaged: 'Базу даних пошкоджено з {time}: відновіть її з резервної копії.',
    spill: 'На диск теки даних Callfloor з {time} нічого не записується: звільніть місце.',
    store: 'База даних з {time} нічого не приймає: причина в журналі роботи Callfloor.',
  },
  onDisk: 'Чекають на диску й збережуться самі: {calls}.',
  atRisk: 'Записів лише в пам’яті: {n}. Звільніть місце в теці даних, перш ніж зупиняти Callfloor.',
  lost: 'Забракло місця, втрачено: {calls}.',
  late: 'Дзвінки не зберігаються з {time}. На живих сторінках усе правильно; у журналі, профілях і звітах поки немає останніх дзвінків, вони з’являться самі.',
}

export const waits: Record<Language, WaitWords> = { en, ru, pl, uk }
