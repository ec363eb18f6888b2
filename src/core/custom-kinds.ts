/**
 * Popular custom kinds, as their projects' CRDs have them. Only here can they be refused: the Pods made from them are
 * owned, answered from memory and at most audited. What is skipped here is not caught later; yet where a CRD does not tell
 * what an image is pulled with, its row does not guess, as a wrong denial is worse than a missed one.
 */
import type { KindPaths, KindRow } from './kinds.ts'

type Rest = Omit<KindPaths, 'group' | 'kind'> & { readonly clusterScoped?: true }

const inGroup =
  (group: string, ...versions: readonly string[]) =>
  (kind: string, rest: Rest, resource = `${kind.toLowerCase()}s`): KindRow => ({
    group,
    versions,
    kind,
    resource,
    ...rest,
  })

const podTemplate: Rest = { podSpecs: ['spec.template.spec'] }
const clusterScoped = { clusterScoped: true } as const
const templated = { templated: true } as const

const allBelow = (prefixes: readonly string[], ...fields: readonly string[]): readonly string[] =>
  prefixes.flatMap((prefix) => fields.map((field) => `${prefix}.${field}`))

const argo = inGroup('argoproj.io', 'v1alpha1')
const analysis: Rest = { podSpecs: ['spec.metrics[].provider.job.spec.template.spec'], ...templated }

/** A template of a Workflow has the fields of a PodSpec (init containers, volumes, account, node selection), and more. */
const workflow = (spec: string): Rest => {
  const templates = [`${spec}.templates[]`, `${spec}.templateDefaults`]
  const inline = allBelow([`${spec}.templates[]`], 'steps[][].inline', 'dag.tasks[].inline')
  const images = ['container.image', 'script.image', 'containerSet.containers[].image', 'sidecars[].image']
  return {
    podSpecs: [...templates, ...inline],
    images: [...allBelow([...templates, ...inline], ...images), `${spec}.volumes[].image.reference`],
    pullSecrets: [`${spec}.imagePullSecrets[].name`],
    ...templated,
  }
}

const argoKinds: readonly KindRow[] = [
  argo('Rollout', podTemplate),
  argo('Experiment', { podSpecs: ['spec.templates[].template.spec'] }),
  argo('AnalysisTemplate', analysis),
  argo('ClusterAnalysisTemplate', { ...analysis, ...clusterScoped }),
  argo('AnalysisRun', analysis),
  argo('Workflow', { ...workflow('spec'), serviceAccount: 'spec.serviceAccountName' }),
  // The Workflow that uses one may run as another account.
  argo('WorkflowTemplate', workflow('spec')),
  argo('ClusterWorkflowTemplate', { ...workflow('spec'), ...clusterScoped }),
  argo('CronWorkflow', { ...workflow('spec.workflowSpec'), serviceAccount: 'spec.workflowSpec.serviceAccountName' }),
]

const knative = inGroup('serving.knative.dev', 'v1')
const knativeKinds: readonly KindRow[] = [
  knative('Service', podTemplate),
  knative('Configuration', podTemplate),
  knative('Revision', { podSpecs: ['spec'] }),
]

const frameworks = ['model', 'huggingface', 'lightgbm', 'onnx', 'paddle', 'pmml', 'pytorch', 'sklearn', 'tensorflow']
const kserve = inGroup('serving.kserve.io', 'v1alpha1')
const servingRuntime: Rest = { podSpecs: ['spec', 'spec.workerSpec'], ...templated }
const llmPodSpecs = allBelow(['spec'], 'template', 'worker', 'prefill.template', 'prefill.worker')
const llmInference: Rest = { podSpecs: [...llmPodSpecs, 'spec.router.scheduler.template'], ...templated }
const llm = inGroup('serving.kserve.io', 'v1alpha1', 'v1alpha2')
const kserveKinds: readonly KindRow[] = [
  // Its runtime, or its base configuration, is laid under it, with pull secrets and account of its own.
  inGroup('serving.kserve.io', 'v1beta1')('InferenceService', {
    ...templated,
    podSpecs: allBelow(['spec'], 'predictor', 'predictor.workerSpec', 'transformer', 'explainer'),
    images: [
      ...allBelow(['spec.predictor'], ...[...frameworks, 'triton', 'xgboost'].map((name) => `${name}.image`)),
      'spec.explainer.art.image',
    ],
  }),
  // The InferenceService that uses one may name other pull secrets and another account.
  kserve('ServingRuntime', servingRuntime),
  kserve('ClusterServingRuntime', { ...servingRuntime, ...clusterScoped }),
  llm('LLMInferenceService', llmInference),
  llm('LLMInferenceServiceConfig', llmInference),
]

const kruise = inGroup('apps.kruise.io', 'v1alpha1', 'v1beta1')
const unitedTemplates = ['statefulSetTemplate', 'advancedStatefulSetTemplate', 'cloneSetTemplate', 'deploymentTemplate']
const kruiseKinds: readonly KindRow[] = [
  kruise('CloneSet', podTemplate),
  kruise('StatefulSet', podTemplate),
  kruise('DaemonSet', podTemplate),
  kruise('BroadcastJob', podTemplate),
  kruise('UnitedDeployment', {
    podSpecs: allBelow(
      unitedTemplates.map((template) => `spec.template.${template}`),
      'spec.template.spec',
    ),
  }),
  kruise('AdvancedCronJob', {
    podSpecs: allBelow(['spec.template.jobTemplate', 'spec.template.broadcastJobTemplate'], 'spec.template.spec'),
  }),
  kruise('SidecarSet', { podSpecs: ['spec'], ...clusterScoped }),
  kruise('ImagePullJob', { images: ['spec.image'], pullSecrets: ['spec.pullSecrets[]'] }),
  kruise('ImageListPullJob', { images: ['spec.images[]'], pullSecrets: ['spec.pullSecrets[]'] }),
]

const tekton = inGroup('tekton.dev', 'v1', 'v1beta1')
const taskImages = ['steps[].image', 'sidecars[].image', 'stepTemplate.image', 'volumes[].image.reference']
const pipelineTasks = (spec: string) => allBelow([`${spec}.tasks[]`, `${spec}.finally[]`], 'taskSpec')
const tektonKinds: readonly KindRow[] = [
  tekton('Task', { images: allBelow(['spec'], ...taskImages), ...templated }),
  inGroup('tekton.dev', 'v1', 'v1beta1', 'v1alpha1')('StepAction', { images: ['spec.image'], ...templated }),
  tekton('Pipeline', { images: allBelow(pipelineTasks('spec'), ...taskImages), ...templated }),
  tekton('TaskRun', {
    images: allBelow(['spec.taskSpec'], ...taskImages),
    pullSecrets: ['spec.podTemplate.imagePullSecrets[].name'],
    serviceAccount: 'spec.serviceAccountName',
    ...templated,
  }),
  // Each task may run as an account of its own, so there is no one account of all its images.
  tekton('PipelineRun', {
    images: allBelow(pipelineTasks('spec.pipelineSpec'), ...taskImages),
    pullSecrets: allBelow(
      ['spec.taskRunTemplate.podTemplate', 'spec.taskRunSpecs[].podTemplate', 'spec.podTemplate'],
      'imagePullSecrets[].name',
    ),
    ...templated,
  }),
]

const jobSet = 'replicatedJobs[].template.spec.template.spec'
const workerGroups = ['leaderWorkerTemplate.leaderTemplate.spec', 'leaderWorkerTemplate.workerTemplate.spec']
const groupKinds: readonly KindRow[] = [
  inGroup('jobset.x-k8s.io', 'v1alpha2')('JobSet', { podSpecs: [`spec.${jobSet}`] }),
  inGroup('leaderworkerset.x-k8s.io', 'v1')('LeaderWorkerSet', { podSpecs: allBelow(['spec'], ...workerGroups) }),
  inGroup(
    'disaggregatedset.x-k8s.io',
    'v1',
    'v1alpha1',
  )('DisaggregatedSet', {
    podSpecs: allBelow(['spec.roles[].spec'], ...workerGroups),
  }),
  inGroup('batch.volcano.sh', 'v1alpha1')('Job', { podSpecs: ['spec.tasks[].template.spec'] }),
  inGroup('keda.sh', 'v1alpha1')('ScaledJob', { podSpecs: ['spec.jobTargetRef.template.spec'] }),
]

const ray = inGroup('ray.io', 'v1', 'v1alpha1')
const rayCluster = (spec: string): Rest => ({
  podSpecs: allBelow([spec], 'headGroupSpec.template.spec', 'workerGroupSpecs[].template.spec'),
  images: [`${spec}.autoscalerOptions.image`],
})
const rayJob = (spec: string): Rest => {
  const { podSpecs = [], images = [] } = rayCluster(`${spec}.rayClusterSpec`)
  return { podSpecs: [...podSpecs, `${spec}.submitterPodTemplate.spec`], images }
}
const rayKinds: readonly KindRow[] = [
  ray('RayCluster', rayCluster('spec')),
  ray('RayJob', rayJob('spec')),
  ray('RayService', rayCluster('spec.rayClusterConfig')),
  ray('RayCronJob', rayJob('spec.jobTemplate')),
]

const replicas = (kind: string, field: string, ...versions: readonly string[]): KindRow =>
  inGroup('kubeflow.org', ...versions)(kind, { podSpecs: [`spec.${field}{*}.template.spec`] })
const trainer = inGroup('trainer.kubeflow.org', 'v1alpha1')
// A TrainJob may bring other pull secrets and another account.
const trainingRuntime: Rest = { podSpecs: [`spec.template.spec.${jobSet}`], ...templated }
const kubeflowKinds: readonly KindRow[] = [
  replicas('PyTorchJob', 'pytorchReplicaSpecs', 'v1'),
  replicas('TFJob', 'tfReplicaSpecs', 'v1'),
  replicas('MPIJob', 'mpiReplicaSpecs', 'v1', 'v2beta1'),
  replicas('XGBoostJob', 'xgbReplicaSpecs', 'v1'),
  replicas('PaddleJob', 'paddleReplicaSpecs', 'v1'),
  replicas('JAXJob', 'jaxReplicaSpecs', 'v1'),
  inGroup('kubeflow.org', 'v1', 'v1beta1')('Notebook', podTemplate),
  trainer('TrainingRuntime', trainingRuntime),
  trainer('ClusterTrainingRuntime', { ...trainingRuntime, ...clusterScoped }),
  trainer('TrainJob', { images: ['spec.trainer.image'] }),
]

const spark = inGroup('sparkoperator.k8s.io', 'v1beta2')
const sparkRoles = ['image', 'initContainers[].image', 'sidecars[].image']
/** Its pull secrets may stand in `sparkConf` too, and driver and executors have an account each. */
const sparkApplication = (spec: string): Rest => ({
  images: [`${spec}.image`, ...allBelow([`${spec}.driver`, `${spec}.executor`], ...sparkRoles)],
  pullSecrets: [`${spec}.imagePullSecrets[]`],
})
const dataKinds: readonly KindRow[] = [
  spark('SparkApplication', sparkApplication('spec')),
  spark('ScheduledSparkApplication', sparkApplication('spec.template')),
  // `flinkConfiguration` may name pull secrets too, and the operator lays the Pod templates over one another.
  inGroup('flink.apache.org', 'v1beta1')('FlinkDeployment', {
    podSpecs: allBelow(['spec', 'spec.jobManager', 'spec.taskManager'], 'podTemplate.spec'),
    images: ['spec.image'],
    pullSecrets: ['spec.podTemplate.spec.imagePullSecrets[].name'],
    ...templated,
  }),
]

const runners = inGroup('actions.github.com', 'v1alpha1')
const agones = inGroup('agones.dev', 'v1')
const kubeVirt = inGroup('kubevirt.io', 'v1')
const agonesFleet: Rest = { podSpecs: ['spec.template.spec.template.spec'], ...templated }
const machine = (spec: string): Rest => ({
  images: [`${spec}.volumes[].containerDisk.image`],
  pullSecrets: [`${spec}.volumes[].containerDisk.imagePullSecret`],
})
const otherKinds: readonly KindRow[] = [
  runners('AutoscalingRunnerSet', {
    podSpecs: ['spec.template.spec'],
    // The listener runs in the controller's namespace, with what is there.
    images: allBelow(['spec.listenerTemplate.spec'], 'containers[].image', 'initContainers[].image'),
  }),
  runners('EphemeralRunnerSet', { podSpecs: ['spec.ephemeralRunnerSpec.spec'] }),
  // Agones fills in an account of its own where none is named.
  agones('Fleet', agonesFleet),
  agones('GameServerSet', agonesFleet),
  agones('GameServer', { podSpecs: ['spec.template.spec'], ...templated }),
  kubeVirt('VirtualMachine', machine('spec.template.spec')),
  kubeVirt('VirtualMachineInstance', machine('spec')),
]

export const customKinds: readonly KindRow[] = [
  ...argoKinds,
  ...knativeKinds,
  ...kserveKinds,
  ...kruiseKinds,
  ...tektonKinds,
  ...groupKinds,
  ...rayKinds,
  ...kubeflowKinds,
  ...dataKinds,
  ...otherKinds,
]
