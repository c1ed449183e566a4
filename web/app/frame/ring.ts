// The offer's sound: two soft notes, made here so that no file has to be loaded when it matters.

let context: AudioContext | undefined;

/** Browsers let a page sound only after the person did something on it. */
export function readySound(): () => void {
  const wake = () => {
    context ??= new AudioContext();
    void context.resume();
  };
  const options = { capture: true, passive: true } as const;
  window.addEventListener('pointerdown', wake, options);
  window.addEventListener('keydown', wake, options);
  return () => {
    window.removeEventListener('pointerdown', wake, options);
    window.removeEventListener('keydown', wake, options);
  };
}

/** Rings once. `volume` is 0 to 100. Silent while the browser does not let the page sound. */
export function ring(volume: number): void {
  if (context === undefined || context.state !== 'running' || volume <= 0) return;
  const start = context.currentTime + 0.02;
  const gain = context.createGain();
  gain.connect(context.destination);
  gain.gain.setValueAtTime(0, start);
  for (const [index, pitch] of [659.25, 880].entries()) {
    const at = start + index * 0.19;
    const note = context.createOscillator();
    note.type = 'sine';
    note.frequency.value = pitch;
    note.connect(gain);
    note.start(at);
    note.stop(at + 0.32);
    gain.gain.linearRampToValueAtTime((volume / 100) * 0.4, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.3);
  }
}
