import { Trans, useLingui } from '@lingui/react/macro';
import { useEffect, useRef } from 'react';
import { clockSeconds } from '#web/ui/time.ts';
import { useLanguage } from '../language.ts';
import type { Drafting } from './use-drafts.ts';

/** The longest line the server takes, in characters. */
export const lineLengthMax = 4000;

interface Composing {
  customer: string;
  /** False while the exchange is not open: then only notes can be written. */
  mayReply: boolean;
  writing: 'reply' | 'note';
  onWriting: (writing: 'reply' | 'note') => void;
  drafts: Drafting;
  /** Changes whenever the writing should have the focus. */
  focus: number;
  onSend: (text: string, audience: 'all' | 'staff') => void;
}

/** Where one writes: to the customer, or a note that only colleagues see. Enter is a new line, Ctrl Enter sends. */
export function Composer({ customer, mayReply, writing, onWriting, drafts, focus, onSend }: Composing) {
  const { t } = useLingui();
  const language = useLanguage();
  const area = useRef<HTMLTextAreaElement>(null);
  const text = drafts.now[writing];
  const left = lineLengthMax - text.length;
  const sendable = text.trim() !== '' && left >= 0;

  useEffect(() => {
    if (focus > 0) area.current?.focus();
  }, [focus]);

  const send = () => {
    if (!sendable) return;
    onSend(text.trim(), writing === 'note' ? 'staff' : 'all');
    drafts.set({ [writing]: '' });
    area.current?.focus();
  };
  const tab = (which: 'reply' | 'note', word: string) => (
    <button
      type="button"
      role="tab"
      id={`write-${which}`}
      aria-selected={writing === which}
      aria-controls="write-here"
      tabIndex={writing === which ? 0 : -1}
      onClick={() => onWriting(which)}
      onKeyDown={(event) => {
        if (!mayReply || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return;
        const other = which === 'reply' ? 'note' : 'reply';
        onWriting(other);
        document.getElementById(`write-${other}`)?.focus();
      }}
    >
      {word}
    </button>
  );

  return (
    <div className={writing === 'note' ? 'composer asnote' : 'composer'}>
      <div className="tabs">
        <div role="tablist" className="tab-list" aria-label={t`Write`}>
          {mayReply && tab('reply', t`Reply`)}
          {tab('note', t`Note`)}
        </div>
        {drafts.now.keptAt > 0 && text !== '' && (
          <span className="kept">
            <Trans>Draft kept {clockSeconds(drafts.now.keptAt, language)}</Trans>
          </span>
        )}
      </div>
      <div role="tabpanel" id="write-here" aria-labelledby={`write-${writing}`}>
        <textarea
          ref={area}
          rows={2}
          aria-label={
            writing === 'reply' ? t`Reply to ${customer}` : t`Note about ${customer}, for colleagues only`
          }
          aria-keyshortcuts="Control+Enter"
          value={text}
          onChange={(event) => drafts.set({ [writing]: event.target.value })}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
              event.preventDefault();
              send();
            } else if (event.key === 'Escape') event.currentTarget.blur();
          }}
        />
        <footer>
          <span className="small quiet">
            {left < 400 && (
              <span className={left < 0 ? 'over' : undefined} role="status">
                {left < 0 ? t`${-left} characters too many` : t`${left} characters left`}
              </span>
            )}
          </span>
          <button type="button" className="button primary push" onClick={send} disabled={!sendable}>
            {writing === 'note' ? t`Add the note` : t`Send`} <kbd>Ctrl ↵</kbd>
          </button>
        </footer>
      </div>
    </div>
  );
}
