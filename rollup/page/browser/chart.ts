// Candles on a canvas, with a span in which nothing traded drawn as the price it left behind.

import type { CandleJson, MarketJson } from "../../api/index.ts";
import { clock, steps } from "./numbers.ts";

export interface ChartScene {
  readonly candles: readonly CandleJson[];
  readonly spanMs: number;
  readonly market: MarketJson;
}

const colours = {
  grid: "#1a222c",
  text: "#7c8a9a",
  buy: "#2ebd85",
  sell: "#f6465d",
  mark: "#f0b90b",
  cross: "#4c5a6a",
  ground: "#11161d",
};
const axisWidth = 74;
const axisHeight = 22;
const slotWidthMin = 8;
const slotWidthMax = 14;
const volumeShare = 0.16;
const labelHeight = 18;

export class Chart {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #onCandle: (candle: CandleJson | undefined) => void;
  #scene: ChartScene | undefined;
  #pointer: { readonly x: number; readonly y: number } | undefined;

  constructor(canvas: HTMLCanvasElement, onCandle: (candle: CandleJson | undefined) => void) {
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("the browser draws");
    this.#canvas = canvas;
    this.#context = context;
    this.#onCandle = onCandle;
    new ResizeObserver(() => this.#draw()).observe(canvas);
    canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => {
      this.#pointer = { x: offsetX, y: offsetY };
      this.#draw();
    });
    canvas.addEventListener("pointerleave", () => {
      this.#pointer = undefined;
      this.#draw();
    });
  }

  show(scene: ChartScene | undefined): void {
    this.#scene = scene;
    this.#draw();
  }

  #draw(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const ratio = devicePixelRatio;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    const context = this.#context;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const scene = this.#scene;
    if (scene === undefined || scene.candles.length === 0 || width < 2 * axisWidth)
      return this.#onCandle(undefined);
    const plotWidth = width - axisWidth;
    const plotHeight = height - axisHeight;
    const candles = withGaps(scene, Math.floor(plotWidth / slotWidthMin));
    const frame = new Frame(scene, candles, { plotWidth, plotHeight });
    context.font = "11px ui-sans-serif, system-ui, 'DejaVu Sans', sans-serif";
    context.textBaseline = "middle";
    drawGrid(context, frame, candles, scene);
    drawCandles(context, frame, candles);
    const last = candles.at(-1);
    if (last !== undefined) {
      const { market } = scene;
      const colour = last.closeTicks >= last.openTicks ? colours.buy : colours.sell;
      drawLevel(context, frame, last.closeTicks, { market, colour, dash: [], shift: 0 });
      // Two prices that are close keep two labels.
      const apart = frame.y(market.markTicks) - frame.y(last.closeTicks);
      const shift = Math.abs(apart) >= labelHeight ? 0 : (apart < 0 ? -1 : 1) * labelHeight - apart;
      drawLevel(context, frame, market.markTicks, {
        market,
        colour: colours.mark,
        dash: [4, 4],
        shift,
      });
    }
    this.#onCandle(this.#drawCross(frame, candles) ?? last);
  }

  #drawCross(frame: Frame, candles: readonly CandleJson[]): CandleJson | undefined {
    const pointer = this.#pointer;
    const scene = this.#scene;
    if (pointer === undefined || scene === undefined) return undefined;
    const { plotWidth, plotHeight } = frame;
    if (pointer.x > plotWidth || pointer.y > plotHeight) return undefined;
    const context = this.#context;
    const at = Math.min(candles.length - 1, Math.floor((pointer.x - frame.left) / frame.slotWidth));
    const x = frame.x(Math.max(0, at)) + frame.slotWidth / 2;
    context.strokeStyle = colours.cross;
    context.setLineDash([3, 3]);
    line(context, x, 0, x, plotHeight);
    line(context, 0, pointer.y, plotWidth, pointer.y);
    context.setLineDash([]);
    label(context, frame, pointer.y, steps(frame.ticks(pointer.y), scene.market.tickSize), {
      ground: "#2a3542",
      text: "#dbe3ec",
    });
    return candles[Math.max(0, at)];
  }
}

/** Between prices and places. */
class Frame {
  readonly plotWidth: number;
  readonly plotHeight: number;
  readonly left: number;
  readonly slotWidth: number;
  readonly low: number;
  readonly high: number;
  readonly lotsMax: number;
  readonly #priceHeight: number;

  constructor(
    { market }: ChartScene,
    candles: readonly CandleJson[],
    size: { readonly plotWidth: number; readonly plotHeight: number },
  ) {
    this.plotWidth = size.plotWidth;
    this.plotHeight = size.plotHeight;
    const room = Math.floor(size.plotWidth / candles.length);
    this.slotWidth = Math.min(slotWidthMax, Math.max(slotWidthMin, room));
    this.left = size.plotWidth - candles.length * this.slotWidth - 4;
    const low = Math.min(...candles.map(({ lowTicks }) => lowTicks));
    const high = Math.max(...candles.map(({ highTicks }) => highTicks));
    // The mark is shown where it is near; it does not flatten the rest.
    const isNear = Math.abs(market.markTicks - (low + high) / 2) < 2 * (high - low);
    const least = isNear ? Math.min(low, market.markTicks) : low;
    const most = isNear ? Math.max(high, market.markTicks) : high;
    const margin = Math.max(2, (most - least) * 0.08);
    this.low = least - margin;
    this.high = most + margin;
    this.lotsMax = Math.max(1, ...candles.map(({ lots }) => lots));
    this.#priceHeight = size.plotHeight * (1 - volumeShare);
  }

  x(at: number): number {
    return this.left + at * this.slotWidth;
  }

  y(ticks: number): number {
    return ((this.high - ticks) / (this.high - this.low)) * this.#priceHeight;
  }

  ticks(y: number): number {
    return Math.max(0, Math.round(this.high - (y / this.#priceHeight) * (this.high - this.low)));
  }
}

/** The last so many spans, whether or not anything traded in them. */
function withGaps({ candles, spanMs }: ChartScene, count: number): CandleJson[] {
  const shown: CandleJson[] = [];
  for (const candle of candles.slice(-count).reverse()) {
    if (shown.length >= count) break;
    const next = shown.at(-1)?.startMs ?? candle.startMs + spanMs;
    const quiet = {
      openTicks: candle.closeTicks,
      closeTicks: candle.closeTicks,
      lots: 0,
      trades: 0,
    };
    for (let ms = next - spanMs; ms > candle.startMs && shown.length < count; ms -= spanMs)
      shown.push({
        ...quiet,
        startMs: ms,
        highTicks: candle.closeTicks,
        lowTicks: candle.closeTicks,
      });
    if (shown.length < count) shown.push(candle);
  }
  return shown.reverse();
}

function drawGrid(
  context: CanvasRenderingContext2D,
  frame: Frame,
  candles: readonly CandleJson[],
  scene: ChartScene,
): void {
  const step = niceStep((frame.high - frame.low) / 6);
  context.strokeStyle = colours.grid;
  context.fillStyle = colours.text;
  context.textAlign = "left";
  for (let ticks = Math.ceil(frame.low / step) * step; ticks < frame.high; ticks += step) {
    const y = Math.round(frame.y(ticks)) + 0.5;
    line(context, 0, y, frame.plotWidth, y);
    context.fillText(steps(ticks, scene.market.tickSize), frame.plotWidth + 8, y);
  }
  context.textAlign = "center";
  const every = frame.slotWidth > 10 ? 10 : 15;
  candles.forEach(({ startMs }, at) => {
    if ((startMs / scene.spanMs) % every !== 0) return;
    const x = Math.round(frame.x(at) + frame.slotWidth / 2) + 0.5;
    line(context, x, 0, x, frame.plotHeight);
    const text = scene.spanMs < 60_000 ? clock(startMs) : clock(startMs).slice(0, 5);
    context.fillText(text, Math.max(28, x), frame.plotHeight + axisHeight / 2);
  });
}

function drawCandles(
  context: CanvasRenderingContext2D,
  frame: Frame,
  candles: readonly CandleJson[],
): void {
  for (const [at, candle] of candles.entries()) {
    const colour = candle.closeTicks >= candle.openTicks ? colours.buy : colours.sell;
    const x = frame.x(at);
    const middle = Math.round(x + frame.slotWidth / 2);
    const half = Math.floor((frame.slotWidth - 2) / 2);
    context.fillStyle = candle.trades === 0 ? colours.cross : colour;
    const top = frame.y(candle.highTicks);
    context.fillRect(middle - 0.5, top, 1, Math.max(1, frame.y(candle.lowTicks) - top));
    const upper = frame.y(Math.max(candle.openTicks, candle.closeTicks));
    const lower = frame.y(Math.min(candle.openTicks, candle.closeTicks));
    context.fillRect(middle - half, upper, 2 * half, Math.max(1, lower - upper));
    const bar = (candle.lots / frame.lotsMax) * frame.plotHeight * volumeShare;
    context.globalAlpha = 0.3;
    context.fillRect(middle - half, frame.plotHeight - bar, 2 * half, bar);
    context.globalAlpha = 1;
  }
}

function drawLevel(
  context: CanvasRenderingContext2D,
  frame: Frame,
  ticks: number,
  style: {
    readonly colour: string;
    readonly dash: number[];
    readonly market: MarketJson;
    /** By how much the label is off its line. */
    readonly shift: number;
  },
): void {
  if (ticks < frame.low || ticks > frame.high) return;
  const y = Math.round(frame.y(ticks)) + 0.5;
  context.strokeStyle = style.colour;
  context.globalAlpha = 0.6;
  context.setLineDash(style.dash);
  line(context, 0, y, frame.plotWidth, y);
  context.setLineDash([]);
  context.globalAlpha = 1;
  const text = steps(ticks, style.market.tickSize);
  label(context, frame, y + style.shift, text, { ground: style.colour, text: colours.ground });
}

function label(
  context: CanvasRenderingContext2D,
  frame: Frame,
  y: number,
  text: string,
  colour: { readonly ground: string; readonly text: string },
): void {
  context.fillStyle = colour.ground;
  context.fillRect(frame.plotWidth, y - labelHeight / 2, axisWidth, labelHeight);
  context.fillStyle = colour.text;
  context.textAlign = "left";
  context.fillText(text, frame.plotWidth + 8, y);
}

function line(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  toX: number,
  toY: number,
): void {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(toX, toY);
  context.stroke();
}

/** 1, 2 or 5 times a power of ten. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  const factor = [1, 2, 5, 10].find((each) => each * power >= least) ?? 10;
  return Math.max(1, factor * power);
}
