import { Menu, nativeImage, Tray } from 'electron';
import type { SiteSummary } from './site-watch.ts';
import { type DesktopWords, fill } from './words.ts';

export interface TrayActions {
  open(): void;
  pauseAll(): void;
  resumeAll(): void;
  quit(): void;
}

/** Path of the picture for a health; Windows wants its own format. */
const imageFor = (directory: string, { health }: SiteSummary): string =>
  `${directory}/${health.toLowerCase()}.${process.platform === 'win32' ? 'ico' : 'png'}`;

/** How the site stands, in a line. */
export const describeSite = (words: DesktopWords, summary: SiteSummary): string => {
  if (summary.protectedVms === 0) return words.nothing;
  if (summary.health === 'Normal') return words.normal;
  return fill(words[summary.health], { vms: summary.troubled.join(', ') });
};

/** Windows cuts longer ones off. */
const longestToolTip = 127;

/** The console beside the clock: its icon shows the site's health, its menu what can be done without the window. */
export class ConsoleTray {
  readonly #tray: Tray;
  readonly #imageDirectory: string;
  readonly #words: DesktopWords;
  readonly #actions: TrayActions;

  constructor(imageDirectory: string, words: DesktopWords, actions: TrayActions, summary: SiteSummary) {
    this.#imageDirectory = imageDirectory;
    this.#words = words;
    this.#actions = actions;
    this.#tray = new Tray(nativeImage.createFromPath(imageFor(imageDirectory, summary)));
    this.#tray.on('click', () => actions.open());
    this.show(summary);
  }

  show(summary: SiteSummary): void {
    const { open, pauseAll, resumeAll, quit } = this.#actions;
    const words = this.#words;
    const line = describeSite(words, summary);
    this.#tray.setImage(nativeImage.createFromPath(imageFor(this.#imageDirectory, summary)));
    this.#tray.setToolTip(`Hyper-V Replica Console\n${line}`.slice(0, longestToolTip));
    this.#tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: line, enabled: false },
        { type: 'separator' },
        { label: words.open, click: open },
        { label: words.pauseAll, enabled: summary.pausedVms < summary.protectedVms, click: pauseAll },
        { label: words.resumeAll, enabled: summary.pausedVms > 0, click: resumeAll },
        { type: 'separator' },
        { label: words.quit, click: quit },
      ]),
    );
  }

  remove(): void {
    this.#tray.destroy();
  }
}
