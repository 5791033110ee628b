// Incidents: the list, the room of one, its postmortem.

import { IncidentList } from './incident-list.tsx';
import { IncidentRoom } from './incident-room.tsx';
import { PostmortemPage } from './postmortem-page.tsx';

interface IncidentsPageProps {
  /** An incident to show. */
  readonly incidentId: string | null;
  /** "postmortem". */
  readonly view: string | null;
}

/** The page. */
export function IncidentsPage({ incidentId, view }: IncidentsPageProps) {
  if (incidentId === null) return <IncidentList />;
  return view === 'postmortem' ? (
    <PostmortemPage key={incidentId} incidentId={incidentId} />
  ) : (
    <IncidentRoom key={incidentId} incidentId={incidentId} />
  );
}
