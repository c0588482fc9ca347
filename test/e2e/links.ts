// The internet between the validators: one proxy for every directed link, so that each can be slow, broken, or dead in
// one direction alone.

import { DelayProxy } from "../integration/delay-proxy.ts";

/** From one validator to another. */
export interface Link {
  readonly from: number;
  readonly to: number;
}

export class Links {
  readonly #count: number;
  /** By who dials whom. */
  readonly #proxies: ReadonlyMap<string, DelayProxy>;

  private constructor(count: number, proxies: ReadonlyMap<string, DelayProxy>) {
    this.#count = count;
    this.#proxies = proxies;
  }

  /** @param ports On which the validators listen. */
  static async open(ports: readonly number[]): Promise<Links> {
    const proxies = new Map<string, DelayProxy>();
    for (const link of linksOf(ports.length))
      proxies.set(nameOf(link), await DelayProxy.open(ports[link.to] ?? 0));
    return new Links(ports.length, proxies);
  }

  /** Where a validator is to dial the others, multiaddresses by their index. */
  addressesFor(from: number, own: string): readonly string[] {
    return Array.from({ length: this.#count }, (_, to) =>
      to === from ? own : `/ip4/127.0.0.1/tcp/${this.#proxies.get(nameOf({ from, to }))?.port}`,
    );
  }

  /** Milliseconds for each link, one way. */
  slow(delayOf: (link: Link) => number): void {
    for (const link of linksOf(this.#count)) {
      const proxy = this.#proxies.get(nameOf(link));
      if (proxy !== undefined) proxy.delay = delayOf(link);
    }
  }

  /** Nothing that one says reaches the other, on whoever's connection it is said. */
  cut({ from, to }: Link): void {
    this.#proxies.get(nameOf({ from, to }))?.cut("there");
    this.#proxies.get(nameOf({ from: to, to: from }))?.cut("back");
  }

  heal(): void {
    for (const proxy of this.#proxies.values()) proxy.heal();
  }

  /** Breaks every connection of a validator at once. */
  reset(validator: number): void {
    for (const { from, to } of linksOf(this.#count))
      if (from === validator || to === validator) this.#proxies.get(nameOf({ from, to }))?.reset();
  }

  close(): void {
    for (const proxy of this.#proxies.values()) proxy.close();
  }
}

function linksOf(count: number): readonly Link[] {
  const seats = Array.from({ length: count }, (_, index) => index);
  return seats.flatMap((from) => seats.filter((to) => to !== from).map((to) => ({ from, to })));
}

function nameOf({ from, to }: Link): string {
  return `${from}-${to}`;
}
