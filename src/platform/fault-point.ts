/**
 * A numbered place on the write path where the crash harness may stop the program, before and after each commit
 * (`npm run bench -- crash`). In ordinary life nobody is armed and this is one comparison.
 */
let armed: ((name: string) => Promise<void> | void) | undefined;

export function armFaultPoints(act: (name: string) => Promise<void> | void): void {
  armed = act;
}

export function faultPoint(name: string): Promise<void> | void {
  if (armed !== undefined) return armed(name);
}
