// Whose account it is: from a key, over an account on L1, to a session key that trades.

import type { AccountJson } from "../../api/index.ts";
import { button, byId, make, show } from "./dom.ts";
import { approx, money } from "./numbers.ts";
import type { Wallet } from "./wallet.ts";

export interface AccountPanelActions {
  readonly onKey: () => void;
  readonly enable: () => void;
  readonly forget: () => void;
}

type Stage = "stranger" | "no-account" | "no-session" | "enabling" | "ready";

export class AccountPanel {
  readonly #wallet: Wallet;
  readonly #actions: AccountPanelActions;
  #stage: string = "";

  constructor(wallet: Wallet, actions: AccountPanelActions) {
    this.#wallet = wallet;
    this.#actions = actions;
  }

  show(account: AccountJson | undefined, isEnabling: boolean): void {
    const stage = this.#stageOf(account, isEnabling);
    byId("account-facts").hidden = account === undefined;
    show(byId("account-name"), account === undefined ? "" : `#${account.id}`);
    if (account !== undefined) showFacts(account);
    const name = `${stage} ${this.#wallet.address ?? ""}`;
    if (name === this.#stage) return;
    this.#stage = name;
    byId("wallet").replaceChildren(...this.#build(stage));
  }

  #stageOf(account: AccountJson | undefined, isEnabling: boolean): Stage {
    if (this.#wallet.owner === undefined) return "stranger";
    if (account === undefined) return "no-account";
    if (this.#wallet.sessionPlace(account) !== undefined) return "ready";
    return isEnabling ? "enabling" : "no-session";
  }

  #build(stage: Stage): HTMLElement[] {
    const owner = this.#wallet.address ?? "";
    const address = make("code", "", owner);
    const forget = button("Forget keys", () => this.#actions.forget());
    const line = make("div", "owner");
    const short = make("code", "", `${owner.slice(0, 10)}…${owner.slice(-8)}`);
    short.title = owner;
    line.append(short, forget);
    switch (stage) {
      case "stranger":
        return this.#buildStranger();
      case "no-account":
        return [
          make("p", "dim", "No account yet. Deposit to the rollup's vault on L1 for this owner:"),
          address,
          forget,
        ];
      case "no-session": {
        const enable = button("Enable trading", () => this.#actions.enable(), "do");
        enable.id = "enable";
        const text =
          "The owner's key signs once for a key that trades from this browser for a week, and can never withdraw.";
        return [make("p", "dim", text), enable, line];
      }
      case "enabling":
        return [make("p", "dim", "The session key is on its way …")];
      case "ready":
      default:
        return [line];
    }
  }

  #buildStranger(): HTMLElement[] {
    const input = make("input");
    input.id = "owner-key";
    input.type = "password";
    input.placeholder = "0x… owner's key";
    input.autocomplete = "off";
    const use = make("button", "do", "Use this key");
    use.id = "use-key";
    const form = make("form");
    form.append(input, use);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#wallet.takeOwner(input.value)) return this.#actions.onKey();
      input.setCustomValidity("A key is 32 bytes of hex");
      input.reportValidity();
    });
    input.addEventListener("input", () => input.setCustomValidity(""));
    const generate = button(
      "Generate a new key",
      () => {
        this.#wallet.makeOwner();
        this.#actions.onKey();
      },
      "do",
    );
    generate.id = "make-key";
    const text =
      "For the devnet: the owner's key stays in this browser's storage. Do not use one that holds anything else.";
    return [form, generate, make("p", "dim", text)];
  }
}

function showFacts(account: AccountJson): void {
  show(byId("equity"), `${money(account.equity)} USDC`);
  show(byId("free"), `${money(account.free)} USDC`);
  show(byId("maintenance"), `${money(account.maintenance)} USDC`);
  const equity = approx(account.equity);
  const used = equity > 0 ? approx(account.initial) / equity : account.positions.length > 0 ? 1 : 0;
  byId("margin-used").style.setProperty("--used", `${Math.min(100, 100 * used).toFixed(1)}%`);
  show(byId("margin-text"), `margin used ${(100 * used).toFixed(1)} %`);
  const state = byId("risk-state");
  show(state, account.riskState);
  const isBad = account.riskState === "LIQ" || account.riskState === "BACKSTOP";
  state.className = `pill ${account.riskState === "OK" ? "good" : isBad ? "bad" : "warn"}`;
}
