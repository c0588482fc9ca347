import { expect, test } from "vitest";
import { CodedError } from "../../../base/index.ts";
import { createLogging, type LogLevel, redact } from "../../../sequencer/telemetry/index.ts";

function capture(
  level: LogLevel,
  modules: Record<string, LogLevel> = {},
): { logger: ReturnType<typeof createLogging>; lines: () => Record<string, unknown>[] } {
  const written: string[] = [];
  const destination = {
    write(line: string): void {
      written.push(line);
    },
  };
  return {
    logger: createLogging({ level, modules, destination }),
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

test("a line is the phrase with its data, level, module and time beside it", () => {
  const { logger, lines } = capture("info");
  logger("consensus").info("block finalized", { height: 7 });
  expect(lines()).toEqual([
    {
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      module: "consensus",
      msg: "block finalized",
      height: 7,
    },
  ]);
});

test("each module logs from its own level on", () => {
  const { logger, lines } = capture("warn", { network: "debug", api: "silent" });
  for (const module of ["network", "api", "consensus"]) {
    logger(module).debug("debug");
    logger(module).warn("warn");
  }
  expect(lines().map(({ module, msg }) => `${String(module)} ${String(msg)}`)).toEqual([
    "network debug",
    "network warn",
    "consensus warn",
  ]);
});

test("secrets are not printed, however deep they stand", () => {
  const text = JSON.stringify(
    redact({
      privateKeySeed: "hidden",
      options: { keyShare: "hidden", list: [{ password: "hidden" }] },
      shown: 1,
    }),
  );
  expect(text).not.toContain("hidden");
  expect(text).toContain('"shown":1');
});

test("of a URL only scheme and host are printed, in an error's message as well", () => {
  const cause = new Error(
    "cannot reach https://user:pass@l1.example:8545/v3/token?key=1, retrying",
  );
  const error = new CodedError("L1_DOWN", "no answer", { cause, details: { height: 3 } });
  expect(redact({ error })).toEqual({
    error: {
      name: "CodedError",
      code: "L1_DOWN",
      message: "no answer",
      details: { height: 3 },
      cause: { name: "Error", message: "cannot reach https://l1.example:8545 retrying" },
    },
  });
});

test("a hash is printed as hex, and longer bytes only by their length", () => {
  const hash = new Uint8Array(32).fill(0xab);
  expect(redact({ hash, body: new Uint8Array(33) })).toEqual({
    hash: "ab".repeat(32),
    body: "[33 bytes]",
  });
});

test("what is endless is cut", () => {
  const circle: Record<string, unknown> = { text: "x".repeat(5000) };
  circle["self"] = circle;
  expect(JSON.stringify(redact(circle)).length).toBeLessThan(8000);
});
