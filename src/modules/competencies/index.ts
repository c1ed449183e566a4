export {
  assessCompetency,
  changeCompetency,
  competencyAssessed,
  competencyChanged,
  createCompetency,
} from './competencies.ts';
export {
  type AssessmentRow,
  assessmentsSince,
  competencyNames,
  type LanguageAssessment,
  newestAssessments,
} from './queries.ts';
export { competencyRoutes } from './routes.ts';
export { lapsesAt } from './rules.ts';
