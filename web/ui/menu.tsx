import { useEffect, useId, useLayoutEffect, useRef, useState } from 'react';

export interface MenuItem {
  id: string;
  content: React.ReactNode;
  /** What typing ahead finds. */
  text: string;
  chosen?: boolean;
  act: () => void;
}

interface Offering {
  /** What the button and its menu are called; the button's content follows it. */
  label: string;
  button: React.ReactNode;
  className?: string;
  items: MenuItem[];
  /** Over everything, wherever the button scrolls: for menus inside a region that would cut them off. */
  floating?: boolean;
  tabIndex?: number;
}

/** A button that opens a menu: arrows, Home, End, first letters, Esc; focus goes in and comes back. */
export function Menu({
  label,
  button,
  className = 'button small',
  items,
  floating = false,
  tabIndex,
}: Offering) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const choices = useRef<HTMLDivElement>(null);

  const entries = () => [...(choices.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
  const focusAt = (index: number) => {
    const all = entries();
    all.at(((index % all.length) + all.length) % all.length)?.focus();
  };
  const close = (giveBack: boolean) => {
    setOpen(false);
    if (giveBack) trigger.current?.focus();
  };

  useEffect(() => {
    if (!open) return;
    const all = [...(choices.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
    (all.find((entry) => entry.getAttribute('aria-checked') === 'true') ?? all[0])?.focus();
    const leave = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', leave);
    return () => document.removeEventListener('pointerdown', leave);
  }, [open]);

  // A floating menu stands below its button, or above it where there is no room; it closes when what is under it moves.
  useLayoutEffect(() => {
    const menu = choices.current;
    const button = trigger.current?.getBoundingClientRect();
    if (!open || !floating || menu === null || button === undefined) return;
    const { width, height } = menu.getBoundingClientRect();
    const gap = 4;
    const isBelow = button.bottom + gap + height <= window.innerHeight;
    menu.style.left = `${Math.max(gap, Math.min(button.right, window.innerWidth - gap) - width)}px`;
    menu.style.top = `${isBelow ? button.bottom + gap : Math.max(gap, button.top - gap - height)}px`;
    const leave = () => setOpen(false);
    window.addEventListener('scroll', leave, true);
    window.addEventListener('resize', leave);
    return () => {
      window.removeEventListener('scroll', leave, true);
      window.removeEventListener('resize', leave);
    };
  }, [open, floating]);

  const onKeyDown = (event: React.KeyboardEvent) => {
    if (!open) return;
    event.stopPropagation();
    const at = entries().indexOf(document.activeElement as HTMLElement);
    if (event.key === 'ArrowDown') focusAt(at + 1);
    else if (event.key === 'ArrowUp') focusAt(at - 1);
    else if (event.key === 'Home') focusAt(0);
    else if (event.key === 'End') focusAt(-1);
    else if (event.key === 'Escape') close(true);
    else if (event.key === 'Tab') return setOpen(false);
    else if (event.key.length === 1 && event.key !== ' ') {
      const found = items.findIndex((item) => item.text.toLowerCase().startsWith(event.key.toLowerCase()));
      if (found >= 0) focusAt(found);
      return;
    } else return;
    event.preventDefault();
  };

  return (
    <div className="menu-root" role="none" ref={root} onKeyDown={onKeyDown}>
      <button
        ref={trigger}
        type="button"
        className={className}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        tabIndex={tabIndex}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (!open && event.key === 'ArrowDown') {
            event.preventDefault();
            setOpen(true);
          }
        }}
      >
        <span className="unseen">{label} </span>
        {button}
      </button>
      {open && (
        <div
          className={floating ? 'menu floating' : 'menu'}
          id={id}
          role="menu"
          aria-label={label}
          ref={choices}
        >
          {items.map((item) => (
            <button
              key={item.id}
              type="button"
              tabIndex={-1}
              role={item.chosen === undefined ? 'menuitem' : 'menuitemradio'}
              aria-checked={item.chosen}
              onClick={() => {
                close(true);
                item.act();
              }}
            >
              {item.content}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
