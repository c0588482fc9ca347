// The few ways in which the page changes. Text is only ever text: nothing that came from outside is read as markup.

export function byId(id: string): HTMLElement {
  return element(id, HTMLElement);
}

/** One of that kind. */
export function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has #${id}`);
  return found;
}

/** Writes it if it differs, so that what stands still costs no layout. */
export function show(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

export function tone(target: Element, value: number): void {
  target.classList.toggle("up", value > 0);
  target.classList.toggle("down", value < 0);
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  text = "",
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  if (text !== "") made.textContent = text;
  return made;
}

export function button(text: string, onClick: () => void, className = "plain"): HTMLButtonElement {
  const made = make("button", className, text);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

/** So many children, each made once and used again. */
export function rows(parent: Element, count: number, build: () => HTMLElement): HTMLElement[] {
  while (parent.children.length < count) parent.append(build());
  while (parent.children.length > count) parent.lastElementChild?.remove();
  return [...parent.children] as HTMLElement[];
}

/** One of several, as buttons; returns what presses another. */
export function choices<T extends string>(
  parent: HTMLElement,
  names: Readonly<Record<T, string>>,
  onChoose: (name: T) => void,
): (name: T) => void {
  const entries = Object.entries(names) as [T, string][];
  const isTabs = parent.getAttribute("role") === "tablist";
  const attribute = isTabs ? "aria-selected" : "aria-pressed";
  const press = (chosen: T): void => {
    entries.forEach(([name], at) =>
      parent.children[at]?.setAttribute(attribute, String(name === chosen)),
    );
  };
  for (const [name, text] of entries) {
    const choice = button(
      text,
      () => {
        press(name);
        onChoose(name);
      },
      "",
    );
    choice.dataset["name"] = name;
    if (isTabs) choice.setAttribute("role", "tab");
    parent.append(choice);
  }
  return press;
}
