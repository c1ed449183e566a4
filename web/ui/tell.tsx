import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';

export interface Undo {
  label: string;
  act: () => void;
}
interface Told {
  id: number;
  text: string;
  undo?: Undo;
}
interface Telling {
  /** Shows a sentence at the foot of the page, with a way back where there is one. */
  toast(text: string, undo?: Undo): void;
  /** Speaks a sentence to those who listen, without showing it. */
  announce(text: string): void;
}

const toastMs = 8_000;
const Context = createContext<Telling>({ toast() {}, announce() {} });
export const useTell = () => useContext(Context);

/** The page's two voices: the toast and the polite live region. */
export function Tell({ closeLabel, children }: { closeLabel: string; children: React.ReactNode }) {
  const [told, setTold] = useState<Told>();
  const [spoken, setSpoken] = useState({ id: 0, text: '' });
  const [held, setHeld] = useState(false);
  const count = useRef(0);
  const toast = useCallback((text: string, undo?: Undo) => {
    count.current += 1;
    setTold({ id: count.current, text, ...(undo === undefined ? {} : { undo }) });
  }, []);
  const announce = useCallback((text: string) => setSpoken((before) => ({ id: before.id + 1, text })), []);
  const telling = useMemo(() => ({ toast, announce }), [toast, announce]);

  useEffect(() => {
    if (told === undefined || held) return;
    const timer = setTimeout(() => setTold(undefined), toastMs);
    return () => clearTimeout(timer);
  }, [told, held]);

  return (
    <Context value={telling}>
      {children}
      <div className="unseen" role="status" aria-live="polite">
        {/* Two places in turn, so that the same sentence is spoken twice when it is said twice. */}
        <span>{spoken.id % 2 === 0 ? spoken.text : ''}</span>
        <span>{spoken.id % 2 === 1 ? spoken.text : ''}</span>
      </div>
      <div
        className="toasts"
        role="status"
        onMouseEnter={() => setHeld(true)}
        onMouseLeave={() => setHeld(false)}
        onFocus={() => setHeld(true)}
        onBlur={() => setHeld(false)}
      >
        {told !== undefined && (
          <div className="toast" key={told.id}>
            <span>{told.text}</span>
            {told.undo !== undefined && (
              <button
                type="button"
                onClick={() => {
                  told.undo?.act();
                  setTold(undefined);
                }}
              >
                {told.undo.label}
              </button>
            )}
            <button type="button" onClick={() => setTold(undefined)}>
              {closeLabel}
            </button>
          </div>
        )}
      </div>
    </Context>
  );
}
