import { Trans, useLingui } from '@lingui/react/macro';
import { NotReached, problemOf } from '#web/link/problem.ts';
import { Shape } from '#web/ui/icon.tsx';

/** What went wrong, what was kept, what to do: the server's own sentence where it gave one. */
export function useFailureWords(): (error: unknown) => string {
  const { t } = useLingui();
  return (error) => {
    const problem = problemOf(error);
    if (problem !== undefined) {
      const wait = problem.retryAfterSeconds;
      const minutes = Math.ceil((wait ?? 0) / 60);
      const again =
        wait === undefined
          ? undefined
          : minutes > 1
            ? t`This is possible again in ${minutes} min.`
            : t`This is possible again in ${wait} s.`;
      return [problem.title, problem.detail, again]
        .filter((part) => part !== undefined && part !== '')
        .join(' ');
    }
    if (error instanceof NotReached)
      return t`The server is not reached. What you typed is kept; try again in a moment.`;
    return t`Something went wrong in this page. Load it again; what you typed is kept.`;
  };
}

/** Speaks as soon as it is there. Shows nothing when nothing failed. */
export function Failure({ error, children }: { error: unknown; children?: React.ReactNode }) {
  const words = useFailureWords();
  if (error === undefined || error === null) return null;
  return (
    <div className="alert breached" role="alert" tabIndex={-1}>
      <Shape tone="breached" />
      <div>
        {words(error)}
        {children}
      </div>
    </div>
  );
}

/** Instead of a list or record that could not be read. */
export function NotLoaded({ error, again }: { error: unknown; again: () => void }) {
  const words = useFailureWords();
  return (
    <div className="empty" role="alert">
      <h2>
        <Trans>This could not be loaded</Trans>
      </h2>
      <p>{words(error)}</p>
      <button type="button" className="button" onClick={again}>
        <Trans>Try again</Trans>
      </button>
    </div>
  );
}
