// Small helpers to make elements; the player needs no framework.

export type Attributes = Readonly<Record<string, string | boolean | (() => void)>>;

/** Makes an element. Functions become listeners of the event they are named after; true sets an empty attribute. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (typeof value === 'string') element.setAttribute(name, value);
    else element.toggleAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/** Paths on a 24 × 24 grid, drawn with strokes. */
const ICONS = {
  play: ['M8 5.5v13l10.5-6.5z'],
  pause: ['M8.5 5.5v13', 'M15.5 5.5v13'],
  replay: ['M4.5 12a7.5 7.5 0 1 0 2.6-5.7', 'M4.5 4.5v4h4'],
  volume: ['M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z', 'M15.5 9a4 4 0 0 1 0 6', 'M18 6.5a7.5 7.5 0 0 1 0 11'],
  muted: ['M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z', 'M16 9.5l5 5', 'M21 9.5l-5 5'],
  captions: ['M3.5 6h17v12h-17z', 'M10.5 10.6a2 2 0 1 0 0 2.8', 'M17 10.6a2 2 0 1 0 0 2.8'],
  audio: [
    'M9 18V6l9-2v12',
    'M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z',
    'M18 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z',
  ],
  picture: ['M3.5 5.5h17v13h-17z', 'M12.5 12h6v4.5h-6z'],
  expand: ['M4.5 9V4.5H9', 'M19.5 9V4.5H15', 'M4.5 15v4.5H9', 'M19.5 15v4.5H15'],
  shrink: ['M9 4.5V9H4.5', 'M15 4.5V9h4.5', 'M9 19.5V15H4.5', 'M15 19.5V15h4.5'],
  stats: ['M5 19v-6', 'M12 19V5', 'M19 19v-9'],
  check: ['M5 12.5l4.5 4.5L19 7.5'],
} as const;

export type IconName = keyof typeof ICONS;

/** An icon in the current text colour. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', `icon ${name === 'play' ? 'solid' : ''}`);
  for (const d of ICONS[name]) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }
  return svg;
}

/** A button that shows an icon and says what it does, with its key. */
export function iconButton(name: IconName, label: string, onClick: () => void): HTMLButtonElement {
  const button = make('button', { type: 'button', class: 'button', click: onClick }, icon(name));
  setLabel(button, label);
  return button;
}

/** Sets the accessible name and the hint of a control. */
export function setLabel(element: HTMLElement, label: string): void {
  if (element.getAttribute('aria-label') === label) return;
  element.setAttribute('aria-label', label);
  element.title = label;
}

/** Replaces a button's icon. */
export function setIcon(button: HTMLButtonElement, name: IconName): void {
  if (button.dataset.icon === name) return;
  button.dataset.icon = name;
  button.replaceChildren(icon(name));
}
