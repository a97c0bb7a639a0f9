import { FolderSource } from '../../operator/local/folder-source.ts';
import { ObjectStore } from '../../operator/local/object-store.ts';
import { silentLog } from '../../operator/runtime/log.ts';
import { FakeClock } from './clock.ts';
import { TestFolder } from './folder.ts';

export const widget = (name: string): string =>
  `apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: ${name}}\nspec: {size: 1}\n`;

/** A folder whose file `a.yaml` holds widgets, followed into a store of objects by a clock that a test moves. */
export class WidgetFolder {
  readonly clock = new FakeClock();
  readonly source: FolderSource;
  readonly store: ObjectStore;
  readonly #folder = new TestFolder();
  readonly #state = new TestFolder();

  private constructor() {
    const { clock } = this;
    let uid = 0;
    this.store = new ObjectStore(
      { dir: this.#state.path },
      { clock, uid: () => `uid-${++uid}`, log: silentLog, admit: (manifest) => manifest },
    );
    this.store.load();
    this.source = new FolderSource(
      { dir: this.#folder.path, kinds: new Map([['Widget', 'example.com/v1']]) },
      { client: this.store, clock, log: silentLog, report: () => {} },
    );
  }

  static async open(content: string): Promise<WidgetFolder> {
    const made = new WidgetFolder();
    made.write('a.yaml', content);
    await made.source.start();
    return made;
  }

  /** Names of the widgets that are in force. */
  get names(): string[] {
    return this.store.cache.list('Widget').map(({ metadata }) => metadata.name);
  }

  file(name: string): string {
    return this.#folder.file(name);
  }

  write(name: string, content: string): void {
    this.#folder.write(name, content);
  }

  async close(): Promise<void> {
    await this.source.stop();
    this.#folder.remove();
    this.#state.remove();
  }
}
