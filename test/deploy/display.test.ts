import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Background } from "../../deploy/devnet/background.ts";
import { Display } from "../../deploy/devnet/display.ts";
import { Journal } from "../../deploy/devnet/journal.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const background = {
  journal: new Journal({ keepsAll: true }),
  watch: {
    status: { view: 12, final: 10, opened: 9 },
    checkpoint: { number: 3, height: 8 },
    l1Block: 77,
  },
} as unknown as Background;

function terminal(columns: number): { written: string[]; display: Display } {
  const written: string[] = [];
  const output = { isTTY: true, columns, write: (text: string) => written.push(text) };
  return { written, display: new Display(output) };
}

test("on a terminal one line is written again and again, and never wider than the terminal", () => {
  const { written, display } = terminal(60);
  display.watch(background);
  vi.advanceTimersByTime(1_100);
  display.stop();
  const lines = written.map((text) => text.replace("\r\u001b[2K", ""));
  expect(lines[0]).toMatch(/^view 12 height 10 opened 9/);
  expect(Math.max(...lines.map((line) => line.length))).toBe(59);
  expect(written.join("")).not.toContain("\n");
});

test("a wide terminal shows every stage, the checkpoint and the L1", () => {
  const { written, display } = terminal(200);
  display.watch(background);
  vi.advanceTimersByTime(600);
  display.stop();
  expect(written[0]).toMatch(/ordered .* opened .* settled .* checkpoint 3 at 8 \| L1 77$/);
});

test("elsewhere it is a line of its own now and then", () => {
  const written: string[] = [];
  const display = new Display({ write: (text: string) => written.push(text) });
  display.watch(background);
  vi.advanceTimersByTime(11_000);
  display.stop();
  display.say("over");
  const lines = written.filter((text) => text !== "");
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^ +5\.0 s {2}view 12 .*\n$/);
  expect(lines[2]).toMatch(/^ +11\.0 s {2}over\n$/);
});

test("where there is an exchange, its prices come last", () => {
  const { written, display } = terminal(240);
  display.watch(background, () => "BTC-PERP 60000.0");
  vi.advanceTimersByTime(600);
  display.stop();
  expect(written[0]).toMatch(/ \| L1 77 \| BTC-PERP 60000\.0$/);
});
