import { Trans, useLingui } from '@lingui/react/macro';
import { Link, Navigate, Outlet } from '@tanstack/react-router';
import { useMay } from '../session.ts';
import './office.css';

/** Where the centre is set up and looked into: administrators change, supervisors read. */
export function Office() {
  const { t } = useLingui();
  const may = useMay('administrator', 'supervisor');
  if (!may)
    return (
      <div className="empty">
        <h1>
          <Trans>The office is for administrators and supervisors</Trans>
        </h1>
        <p>
          <Trans>Your work is at the desk.</Trans>
        </p>
        <Link className="button" to="/desk">
          <Trans>Go to the desk</Trans>
        </Link>
      </div>
    );
  return (
    <div className="office">
      <nav aria-label={t`Office`}>
        <div className="label">
          <Trans>Service</Trans>
        </div>
        <Link to="/office/interactions">
          <Trans>Interactions</Trans>
        </Link>
        <Link to="/office/presence">
          <Trans>Presence</Trans>
        </Link>
        <div className="label">
          <Trans>Trust</Trans>
        </div>
        <Link to="/office/conformity">
          <Trans>Conformity</Trans>
        </Link>
        <Link to="/office/reactions">
          <Trans>Reactions</Trans>
        </Link>
        <Link to="/office/jobs">
          <Trans>Jobs</Trans>
        </Link>
        <Link to="/office/routing-checks">
          <Trans>Routing checks</Trans>
        </Link>
        <div className="label">
          <Trans>Setting up</Trans>
        </div>
        <Link to="/office/centre">
          <Trans>Contact centre</Trans>
        </Link>
        <Link to="/office/clients">
          <Trans>Clients</Trans>
        </Link>
        <Link to="/office/people">
          <Trans>People</Trans>
        </Link>
        <Link to="/office/sites">
          <Trans>Sites</Trans>
        </Link>
        <Link to="/office/teams">
          <Trans>Teams</Trans>
        </Link>
        <Link to="/office/competencies">
          <Trans>Competencies</Trans>
        </Link>
        <Link to="/office/types">
          <Trans>Interaction types</Trans>
        </Link>
        <Link to="/office/hours">
          <Trans>Opening hours</Trans>
        </Link>
        <Link to="/office/channel-rules">
          <Trans>Channel rules</Trans>
        </Link>
        <Link to="/office/outcomes">
          <Trans>Outcomes</Trans>
        </Link>
        <Link to="/office/channels">
          <Trans>Chat channels</Trans>
        </Link>
      </nav>
      <div className="page">
        <Outlet />
      </div>
    </div>
  );
}

export function OfficeStart() {
  return <Navigate to="/office/interactions" replace />;
}
