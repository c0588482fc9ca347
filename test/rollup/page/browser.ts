// A real browser without a window, told what to do over its debugging protocol.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const browserPath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const startMs = 20_000;

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
  "--remote-debugging-port=0",
];

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly [name: string]: unknown };
  readonly result?: { readonly [name: string]: unknown };
  readonly error?: { readonly message: string };
}

export class Browser {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #socket: WebSocket;
  readonly #waiting: Map<number, (reply: Reply) => void> = new Map();
  #session: string | undefined;
  #lastId = 0;
  /** What the page complained of: uncaught errors, and what its policy kept from it. */
  readonly complaints: string[] = [];

  private constructor(process: ChildProcess, folder: string, socket: WebSocket) {
    this.#process = process;
    this.#folder = folder;
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#hear(JSON.parse(String(data)) as Reply));
  }

  /** Undefined where there is none, which is said aloud. */
  static async open(size: {
    readonly width: number;
    readonly height: number;
  }): Promise<Browser | undefined> {
    if (!existsSync(browserPath)) {
      process.stderr.write(`no browser at ${browserPath}: nobody looked at the trading page\n`);
      return undefined;
    }
    const folder = mkdtempSync(join(tmpdir(), "conclave-page-"));
    const window = `--window-size=${size.width},${size.height}`;
    const child = spawn(browserPath, [...flags, window, `--user-data-dir=${folder}`], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const socket = new WebSocket(await debuggerOf(child));
    await once(socket, "open");
    const browser = new Browser(child, folder, socket);
    await browser.#attach(size);
    return browser;
  }

  async go(url: string): Promise<void> {
    await this.#ask("Page.navigate", { url });
  }

  /** The value of an expression in the page. */
  async read<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#ask("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  /** Resolves when it is true; tells what stood there instead when it never is. */
  async until(expression: string, ms = 15_000): Promise<void> {
    const end = performance.now() + ms;
    while (!(await this.read<boolean>(`Boolean(${expression})`).catch(() => false))) {
      if (performance.now() > end) {
        const text = await this.read<string>("document.body.innerText").catch(() => "nothing");
        throw new Error(`never true: ${expression}; ${this.complaints.join("; ")}\n${text}`);
      }
      await new Promise((resolve) => void setTimeout(resolve, 30));
    }
  }

  async text(id: string): Promise<string> {
    return this.read<string>(`document.getElementById(${JSON.stringify(id)}).textContent`);
  }

  /** A click with the mouse, in the middle of what is there. */
  async click(selector: string): Promise<void> {
    await this.until(`document.querySelector(${JSON.stringify(selector)})`);
    const { x, y } = await this.read<{ x: number; y: number }>(
      `(() => { const e = document.querySelector(${JSON.stringify(selector)});
        e.scrollIntoView({ block: "nearest" });
        const r = e.getBoundingClientRect();
        return { x: r.x + r.width / 2, y: r.y + r.height / 2 }; })()`,
    );
    for (const type of ["mousePressed", "mouseReleased"])
      await this.#ask("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
  }

  /** In place of what stands in the field. */
  async type(selector: string, text: string): Promise<void> {
    await this.click(selector);
    await this.read(`document.querySelector(${JSON.stringify(selector)}).select()`);
    await this.#ask("Input.insertText", { text });
  }

  async resize(width: number, height: number): Promise<void> {
    const metrics = { width, height, deviceScaleFactor: 1, mobile: false };
    await this.#ask("Emulation.setDeviceMetricsOverride", metrics);
  }

  async screenshot(): Promise<Uint8Array> {
    const { data } = await this.#ask("Page.captureScreenshot", { format: "png" });
    return Buffer.from(String(data), "base64");
  }

  async close(): Promise<void> {
    this.#socket.close();
    if (this.#process.exitCode === null) {
      this.#process.kill("SIGKILL");
      await once(this.#process, "exit");
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  async #attach(size: { readonly width: number; readonly height: number }): Promise<void> {
    const { targetInfos } = await this.#ask("Target.getTargets");
    const pages = targetInfos as readonly { targetId: string; type: string }[];
    const targetId = pages.find(({ type }) => type === "page")?.targetId;
    const { sessionId } = await this.#ask("Target.attachToTarget", { targetId, flatten: true });
    this.#session = String(sessionId);
    for (const domain of ["Page", "Runtime", "Log"]) await this.#ask(`${domain}.enable`);
    await this.resize(size.width, size.height);
  }

  #ask(method: string, params: object = {}): Promise<{ readonly [name: string]: unknown }> {
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<{
      readonly [name: string]: unknown;
    }>();
    this.#waiting.set(id, ({ result, error }) => {
      if (error !== undefined) reject(new Error(`${method}: ${error.message}`));
      else resolve(result ?? {});
    });
    this.#socket.send(JSON.stringify({ id, method, params, sessionId: this.#session }));
    return promise;
  }

  #hear({ id, method, params, ...reply }: Reply): void {
    if (id !== undefined) {
      this.#waiting.get(id)?.(reply);
      this.#waiting.delete(id);
    }
    if (method === "Runtime.exceptionThrown" || method === "Log.entryAdded")
      this.complaints.push(JSON.stringify(params));
  }
}

/** Where it listens, which it says on its standard error. */
async function debuggerOf(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => reject(new Error("the browser did not start in time")), startMs);
  child.once("exit", () => reject(new Error("the browser ended at once")));
  if (child.stderr !== null)
    createInterface(child.stderr).on("line", (line) => {
      const url = /^DevTools listening on (ws:\S+)$/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
