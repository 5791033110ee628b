// A menu that drops from a button: arrow keys move, Escape closes and gives the focus back.
// It uses the browser's popover, so that no scrolling container clips it.

import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { Icon, type IconName } from './icon.tsx';

export interface MenuItem {
  readonly label: string;
  readonly icon: IconName;
  readonly onSelect: () => void;
  readonly isDanger?: boolean;
  readonly isDisabled?: boolean;
  /** Draws a line above it. */
  readonly startsGroup?: boolean;
}

const MARGIN_PX = 8;
/** The menu follows its button this far; whoever scrolls on has left it. */
const SCROLL_PX_MAX = 80;

interface MenuButtonProps {
  readonly label: string;
  readonly items: readonly MenuItem[];
}

/** The three dots and their menu. */
export function MenuButton({ label, items }: MenuButtonProps) {
  const [isOpen, setIsOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = (returnsFocus: boolean): void => {
    setIsOpen(false);
    if (returnsFocus) button.current?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className="icon-button menu-button"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setIsOpen(!isOpen)}
      >
        <Icon name="more" />
      </button>
      {isOpen && <MenuList id={id} label={label} items={items} anchor={button} onClose={close} />}
    </>
  );
}

interface MenuListProps extends MenuButtonProps {
  readonly id: string;
  readonly anchor: React.RefObject<HTMLButtonElement | null>;
  readonly onClose: (returnsFocus: boolean) => void;
}

function MenuList({ id, label, items, anchor, onClose }: MenuListProps) {
  const list = useRef<HTMLDivElement>(null);
  const closeRef = useRef(onClose);
  closeRef.current = onClose;
  useEffect(() => {
    const menu = list.current;
    const from = anchor.current;
    if (menu === null || from === null) return;
    menu.showPopover();
    place(menu, from.getBoundingClientRect());
    menu.querySelector<HTMLElement>('[role=menuitem]:not(:disabled)')?.focus();
    const onPointer = (event: PointerEvent): void => {
      const target = event.target instanceof Node ? event.target : null;
      if (!menu.contains(target) && !from.contains(target)) closeRef.current(false);
    };
    const opened = from.getBoundingClientRect().top;
    const onScroll = (): void => {
      const now = from.getBoundingClientRect();
      if (Math.abs(now.top - opened) > SCROLL_PX_MAX) closeRef.current(false);
      else place(menu, now);
    };
    document.addEventListener('pointerdown', onPointer, true);
    document.addEventListener('scroll', onScroll, true);
    return () => {
      document.removeEventListener('pointerdown', onPointer, true);
      document.removeEventListener('scroll', onScroll, true);
    };
  }, [anchor]);

  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      onClose(true);
    } else if (list.current !== null && moveInMenu(list.current, event.key)) event.preventDefault();
  };

  return (
    <div
      ref={list}
      id={id}
      popover="manual"
      role="menu"
      tabIndex={-1}
      aria-label={label}
      className="menu"
      onKeyDown={onKeyDown}
    >
      {items.map((item) => (
        <div key={item.label} role="none">
          {item.startsGroup === true && <hr />}
          <button
            type="button"
            role="menuitem"
            tabIndex={-1}
            className={item.isDanger === true ? 'danger' : undefined}
            disabled={item.isDisabled === true}
            onClick={() => {
              onClose(true);
              item.onSelect();
            }}
          >
            <Icon name={item.icon} />
            {item.label}
          </button>
        </div>
      ))}
    </div>
  );
}

/** Moves the focus by an arrow key, Home or End; false for any other key. */
function moveInMenu(menu: HTMLElement, key: string): boolean {
  const entries = [...menu.querySelectorAll<HTMLElement>('[role=menuitem]:not(:disabled)')];
  const focused = document.activeElement;
  const at = focused instanceof HTMLElement ? entries.indexOf(focused) : -1;
  const steps = new Map([
    ['ArrowDown', at + 1],
    ['ArrowUp', at - 1],
    ['Home', 0],
    ['End', entries.length - 1],
  ]);
  const next = steps.get(key);
  if (next === undefined) return false;
  entries[(next + entries.length) % entries.length]?.focus();
  return true;
}

/** Below the button when there is room, else above; always inside the window. */
function place(menu: HTMLElement, anchor: DOMRect): void {
  const { width, height } = menu.getBoundingClientRect();
  const isBelow = anchor.bottom + height + MARGIN_PX < window.innerHeight;
  const left = Math.min(Math.max(MARGIN_PX, anchor.right - width), window.innerWidth - width - MARGIN_PX);
  menu.style.left = `${left}px`;
  menu.style.top = `${isBelow ? anchor.bottom + 4 : Math.max(MARGIN_PX, anchor.top - height - 4)}px`;
}
