// Two soft tones, made here: nothing is fetched. A browser that has not seen the customer act on the page stays silent.

let audio: AudioContext | undefined;

export function chime(): void {
  try {
    audio ??= new AudioContext();
    const { currentTime, destination } = audio;
    for (const [at, pitch] of [
      [0, 660],
      [0.12, 880],
    ] as const) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.06, currentTime + at);
      volume.gain.exponentialRampToValueAtTime(0.001, currentTime + at + 0.25);
      tone.connect(volume).connect(destination);
      tone.start(currentTime + at);
      tone.stop(currentTime + at + 0.25);
    }
  } catch {
    // Sound is a courtesy; the count on the button says the same.
  }
}
