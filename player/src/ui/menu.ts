// A button that opens a list of choices: captions, audio tracks, quality, speed. Arrow keys move, Escape closes.

import { icon, make } from './dom.ts';

export type Choice = {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly isChosen: boolean;
};

export type Menu = {
  readonly element: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly isOpen: () => boolean;
  readonly open: () => void;
  readonly close: () => void;
  /** Draws the choices again when they have changed. */
  readonly refresh: () => void;
};

/** Creates a menu; `choices` is asked whenever it is drawn. */
export function createMenu(
  title: string,
  button: HTMLButtonElement,
  choices: () => readonly Choice[],
  onChoose: (id: string) => void,
): Menu {
  const list = make('div', { class: 'list', role: 'menu', 'aria-label': title, hidden: true });
  const element = make('div', { class: 'menu' }, list, button);
  button.setAttribute('aria-haspopup', 'menu');
  button.setAttribute('aria-expanded', 'false');
  let drawn = '';

  const draw = (): void => {
    const current = choices();
    const signature = JSON.stringify(current);
    if (signature === drawn) return;
    drawn = signature;
    const focused = list.contains(rootActive(list)) ? items().indexOf(rootActive(list) as HTMLElement) : -1;
    list.replaceChildren(make('h3', {}, title), ...current.map((choice) => drawChoice(choice, choose)));
    items()[focused]?.focus();
  };
  const items = (): readonly HTMLElement[] => [...list.querySelectorAll<HTMLElement>('.item')];
  const open = (): void => {
    drawn = '';
    list.hidden = false;
    draw();
    button.setAttribute('aria-expanded', 'true');
    (list.querySelector<HTMLElement>('[aria-checked="true"]') ?? items()[0])?.focus({ preventScroll: true });
  };
  const close = (): void => {
    if (list.hidden) return;
    const hadFocus = list.contains(rootActive(list));
    list.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    if (hadFocus) button.focus();
  };
  const choose = (id: string): void => {
    onChoose(id);
    close();
  };

  button.addEventListener('click', () => (list.hidden ? open() : close()));
  list.addEventListener('keydown', (event) => {
    const all = items();
    const at = all.indexOf(rootActive(list) as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Escape') close();
    else if (next !== undefined) all[(next + all.length) % all.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return {
    element,
    button,
    isOpen: () => !list.hidden,
    open,
    close,
    refresh: () => {
      if (!list.hidden) draw();
    },
  };
}

function rootActive(element: HTMLElement): Element | null {
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root.activeElement : document.activeElement;
}

function drawChoice(choice: Choice, onChoose: (id: string) => void): HTMLElement {
  const item = make(
    'button',
    {
      type: 'button',
      class: 'item',
      role: 'menuitemradio',
      'aria-checked': String(choice.isChosen),
      'data-choice': choice.id,
      click: () => onChoose(choice.id),
    },
    icon('check'),
    choice.label,
  );
  if (choice.hint !== undefined) item.append(make('small', {}, choice.hint));
  return item;
}
