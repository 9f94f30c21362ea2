import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type ElectronApplication,
  _electron as electron,
  type LaunchOptions,
  type Page,
} from '@playwright/test';
import { usableElectron } from '../../scripts/electron-program.ts';
import { projectRoot } from '../../scripts/product.ts';
import { type RunningAgent, startAgent } from './agent-process.ts';
import type { TestSite } from './console.ts';
import { DesktopProcess, openScreen } from './desktop-process.ts';

export type DoorName = 'agent' | 'desktop';

/** A door of the built console: a page to look at, and an engine that can be ended and started again. */
export interface Door {
  /** Starts the engine of the site and shows its page. */
  begin(site: TestSite): Promise<Page>;
  /** Ends the engine orderly, and its page. @throws when it did not end well */
  end(): Promise<void>;
  /** Whatever is left is let go of, after a test that failed too. */
  dispose(): Promise<void>;
}

export interface DoorMeans {
  readonly browser: Browser;
  readonly launchOptions: LaunchOptions;
  readonly contextOptions: BrowserContextOptions;
  /** Sees each page before anything is done with it. */
  readonly watch: (page: Page) => void;
}

class AgentDoor implements Door {
  readonly #means: DoorMeans;
  #context: BrowserContext | null = null;
  #agent: RunningAgent | null = null;

  constructor(means: DoorMeans) {
    this.#means = means;
  }

  async begin(site: TestSite): Promise<Page> {
    this.#agent = await startAgent(site.dataDirectory);
    this.#context = await this.#means.browser.newContext(this.#means.contextOptions);
    const page = await this.#context.newPage();
    this.#means.watch(page);
    await page.goto(this.#agent.link);
    return page;
  }

  async end(): Promise<void> {
    // The page first: one whose agent is gone complains of it.
    await this.#context?.close();
    this.#context = null;
    const code = await this.#agent?.stop();
    this.#agent = null;
    if (code) throw new Error(`The agent ended with ${code}.`);
  }

  dispose(): Promise<void> {
    return this.end();
  }
}

/** The desktop's bundles where Electron's program is not there: its window is a page of a browser. */
class StandInDoor implements Door {
  readonly #means: DoorMeans;
  #context: BrowserContext | null = null;
  #desktop: DesktopProcess | null = null;

  constructor(means: DoorMeans) {
    this.#means = means;
  }

  async begin(site: TestSite): Promise<Page> {
    const { launchOptions, contextOptions } = this.#means;
    this.#context ??= await openScreen(site, { ...contextOptions, ...launchOptions });
    this.#desktop = new DesktopProcess(site, this.#context);
    const page = await this.#desktop.nextPage();
    this.#means.watch(page);
    return page;
  }

  async end(): Promise<void> {
    const desktop = this.#desktop;
    desktop?.signal('SIGTERM');
    const [code = 0, signal = null] = (await desktop?.exited()) ?? [];
    this.#desktop = null;
    for (const page of this.#context?.pages().slice(1) ?? []) await page.close();
    if (code !== 0) throw new Error(`The desktop ended with ${code ?? signal}.`);
  }

  async dispose(): Promise<void> {
    await this.#desktop?.kill();
    await this.#context?.close();
    this.#desktop = null;
    this.#context = null;
  }
}

/** The desktop's bundles on Electron itself. */
class ElectronDoor implements Door {
  readonly #program: string;
  readonly #means: DoorMeans;
  #app: ElectronApplication | null = null;

  constructor(program: string, means: DoorMeans) {
    this.#program = program;
    this.#means = means;
  }

  async begin(site: TestSite): Promise<Page> {
    const env = Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    this.#app = await electron.launch({
      executablePath: this.#program,
      // Chromium's sandbox refuses to run as root, which is how build machines run.
      args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), projectRoot],
      env: { ...Object.fromEntries(env), HVRC_DATA: site.dataDirectory },
    });
    const page = await this.#app.firstWindow();
    this.#means.watch(page);
    await page.emulateMedia({ reducedMotion: this.#means.contextOptions.reducedMotion ?? null });
    return page;
  }

  /** Playwright asks the program to quit and waits until it has. */
  async end(): Promise<void> {
    const ended = this.#app?.process();
    await this.dispose();
    if (ended?.exitCode) throw new Error(`The desktop ended with ${ended.exitCode}.`);
  }

  async dispose(): Promise<void> {
    await this.#app?.close();
    this.#app = null;
  }
}

export const doorNamed = (name: DoorName, means: DoorMeans): Door => {
  if (name === 'agent') return new AgentDoor(means);
  const found = usableElectron();
  return 'program' in found ? new ElectronDoor(found.program, means) : new StandInDoor(means);
};
