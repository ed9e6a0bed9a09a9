/** The types of server data, all from the generated files of this folder. Import them from here only. */
import type { components } from './api'

export type { paths } from './api'
export type { NodeFault as NodeError, RunEvent, TrialSummary as Trial } from './events'

type Schemas = components['schemas']

export type Session = Schemas['Session']
export type WorkspaceRole = Schemas['WorkspaceRoleEnum']
export type Token = Schemas['Token']
export type BrowserSession = Schemas['BrowserSession']
export type AuditLine = Schemas['Audit']
export type Member = Schemas['Member']
export type Space = Schemas['Space']
export type CleanupRequest = Schemas['CleanupRequest']

export type Column = Schemas['Column']
export type ColumnType = Schemas['ColumnTypeEnum']
export type Dataset = Schemas['Dataset']
export type ListedDataset = Schemas['ListedDataset']
export type ReadOptions = Schemas['ReadOptions']
export type FilePreview = Schemas['FilePreview']
export type Upload = Schemas['Upload']
export type Profile = Schemas['Profile']
export type ColumnProfile = Schemas['ColumnProfile']
export type ProfileWarning = Schemas['Warning']
export type ProfileFix = Schemas['Fix']

export type Catalogue = Schemas['Catalogue']
export type NodeDescription = Schemas['NodeDescription']
export type PortDescription = Schemas['Port']
export type Template = Schemas['Template']

export type ColumnUse = Schemas['ColumnUse']
export type Use = Schemas['UseEnum']

export type PredictionTarget = Schemas['Target']

export type Graph = Schemas['Graph']
export type GraphLine = Schemas['GraphLine']
export type GraphDocument = Schemas['Document']
export type GraphNode = Schemas['GraphNode']
export type GraphEdge = Schemas['Edge']
export type Draft = Schemas['Draft']
export type DraftConflict = Schemas['Conflict']
export type GraphVersion = Schemas['Version']
export type Check = Schemas['Check']

export type Run = Schemas['Run']
export type RunLine = Schemas['RunLine']
export type RunState = Run['state']
export type NodeRun = Schemas['NodeRun']
export type NodeState = NodeRun['state']
export type NodeOutput = Schemas['Output']

export type Verdict = Schemas['Verdict']

export type ApprovalRule = Schemas['RuleRequest']
export type RegisteredModel = Schemas['RegisteredModel']
export type Endpoint = Schemas['Endpoint']
export type EndpointKey = Schemas['EndpointKey']
export type Release = Schemas['Release']
export type ColumnDrift = Schemas['ColumnDrift']
export type Traffic = Schemas['Traffic']
export type Answer = Schemas['Answer']
export type Explanation = Schemas['Explanation']
export type ModelVersion = Schemas['ModelVersion']
export type VersionDetail = Schemas['VersionDetail']
export type Deployment = Schemas['DeploymentStatus']
export type Card = Schemas['Card']
export type CardText = Schemas['CardText']

/** A value in a cell of a table, as JSON carries it. */
export type Cell = string | number | boolean | null
/** What a node gave on one port: its wire, and what that wire carries. */
export type Output = { wire: string } & Record<string, unknown>
