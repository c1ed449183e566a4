import sprite from './icons.svg?raw';

export type IconName =
  | 'back'
  | 'bell'
  | 'chat'
  | 'check'
  | 'clock'
  | 'down'
  | 'external'
  | 'flag'
  | 'gap'
  | 'globe'
  | 'inferred'
  | 'mail'
  | 'mark'
  | 'more'
  | 'note'
  | 'pause'
  | 'phone'
  | 'play'
  | 'plus'
  | 'read'
  | 'record'
  | 'right'
  | 'send'
  | 'shieldcheck'
  | 'transfer'
  | 'user'
  | 'x';

/** A state is a shape, a word and a colour; the colour alone says nothing. */
export type Tone = 'in' | 'close' | 'breached' | 'mine' | 'offline' | 'ring' | 'half';

/** The icons' drawings, once on the page. */
export function Sprite() {
  return <div className="sprite" aria-hidden="true" dangerouslySetInnerHTML={{ __html: sprite }} />;
}

export function Icon({ name, small }: { name: IconName; small?: boolean }) {
  return (
    <svg className={small ? 'i small' : 'i'} aria-hidden="true">
      <use href={`#i-${name}`} />
    </svg>
  );
}

export function Shape({ tone }: { tone: Tone }) {
  return (
    <svg viewBox="0 0 12 12" aria-hidden="true">
      <use href={`#s-${tone}`} />
    </svg>
  );
}

export function State({ tone, children }: { tone: Tone; children: React.ReactNode }) {
  return (
    <span className={`state ${tone}`}>
      <Shape tone={tone} />
      {children}
    </span>
  );
}

export function Badge({ tone, children }: { tone: Tone; children: React.ReactNode }) {
  return (
    <span className={`badge ${tone}`}>
      <Shape tone={tone} />
      {children}
    </span>
  );
}

export function Mark() {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true">
      <use href="#i-mark" />
    </svg>
  );
}
