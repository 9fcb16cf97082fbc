// Small comforts; every page does its main work without them.
import { walkCalendar } from './parts/calendar.js';
import { watchDrops } from './parts/drops.js';
import { guardForms } from './parts/guard.js';
import { growItemLists } from './parts/items.js';
import { offerShortcuts } from './parts/keyboard.js';
import { askForKeys } from './parts/keys.js';
import { numberLines } from './parts/lines.js';
import { nameChosenFiles } from './parts/files.js';
import { offerPrinting } from './parts/print.js';
import { showBeginnings } from './parts/scroll.js';
import { watchSelections } from './parts/selection.js';
import { tendSheets } from './parts/sheets.js';
import { takeUploads } from './parts/uploads.js';

document.documentElement.classList.add('js');
watchDrops(document);
growItemLists(document);
takeUploads(document);
nameChosenFiles(document);
numberLines(document);
guardForms(document);
offerPrinting(document);
showBeginnings(document);
walkCalendar(document);
askForKeys(document);
tendSheets(document);
watchSelections(document);
offerShortcuts(document);
