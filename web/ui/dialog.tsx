import { useEffect, useId, useRef } from 'react';

interface Asking {
  title: string;
  /** Absent: it cannot be left without an answer. */
  onClose?: () => void;
  children: React.ReactNode;
  wide?: boolean;
}

/** A modal question: the browser's own dialog keeps the focus inside and gives it back. */
export function Dialog({ title, onClose, children, wide }: Asking) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    if (dialog !== null && !dialog.open) dialog.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      className={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
