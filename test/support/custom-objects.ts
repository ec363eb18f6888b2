// One object of every shipped custom kind, with an image wherever the kind has room for one, and what must be found in it:
// `FIELD = IMAGE with WHAT`. Written out by hand, so that a wrong row in the table shows.

export type CustomObject = {
  group: string
  kind: string
  object: { metadata: object; spec: object }
  images: readonly string[]
}

/** A PodSpec with one container whose image is `NAME:1`. */
const pod = (name: string, more: object = {}): object => ({ containers: [{ name, image: `${name}:1` }], ...more })
const template = (name: string, more: object = {}): object => ({ template: { spec: pod(name, more) } })
const secret = (...names: string[]): object => ({ imagePullSecrets: names.map((name) => ({ name })) })
const account = (serviceAccountName: string): object => ({ serviceAccountName })

type Row = readonly [groupAndKind: string, spec: object, images: readonly string[]]

const inTemplate = ['spec.template.spec.containers[0].image = app:1 with account default']
const llm: Row[1] = {
  template: pod('decode'),
  worker: pod('worker', account('gpu')),
  prefill: { template: pod('prefill'), worker: pod('pworker', secret('s')) },
  router: { scheduler: { template: pod('scheduler') } },
}
const llmImages: Row[2] = [
  'spec.template.containers[0].image = decode:1 with elsewhere',
  'spec.worker.containers[0].image = worker:1 with account gpu',
  'spec.prefill.template.containers[0].image = prefill:1 with elsewhere',
  'spec.prefill.worker.containers[0].image = pworker:1 with secrets s',
  'spec.router.scheduler.template.containers[0].image = scheduler:1 with elsewhere',
]

const analysisSpec = { metrics: [{ name: 'rate' }, { provider: { job: { spec: template('probe') } } }] }
const analysisField = 'spec.metrics[1].provider.job.spec.template.spec.containers[0].image = probe:1'

const argoTemplates = [
  { name: 'main', container: { image: 'main:1' }, initContainers: [{ name: 'i', image: 'init:1' }] },
  { name: 'script', script: { image: '{{inputs.parameters.image}}' }, sidecars: [{ name: 's', image: 'side:1' }] },
  { name: 'set', containerSet: { containers: [{ name: 'a', image: 'set:1' }] }, ...account('trusted') },
  { name: 'steps', steps: [[{ name: 'x', inline: { container: { image: 'step:1' } } }], [{ template: 'main' }]] },
  { name: 'dag', dag: { tasks: [{ name: 'y', inline: { script: { image: 'dag:1' } } }] } },
]
const argoImages = (spec: string, others: string, trusted = others): string[] => [
  `${spec}.templates[0].container.image = main:1 with ${others}`,
  `${spec}.templates[0].initContainers[0].image = init:1 with ${others}`,
  `${spec}.templates[1].script.image = placeholder with ${others}`,
  `${spec}.templates[1].sidecars[0].image = side:1 with ${others}`,
  `${spec}.templates[2].containerSet.containers[0].image = set:1 with ${trusted}`,
  `${spec}.templates[3].steps[0][0].inline.container.image = step:1 with ${others}`,
  `${spec}.templates[4].dag.tasks[0].inline.script.image = dag:1 with ${others}`,
]
const argoRows: readonly Row[] = [
  ['argoproj.io/Rollout', template('app'), inTemplate],
  [
    'argoproj.io/Experiment',
    { templates: [template('base', secret('a')), template('canary', secret('b'))] },
    [
      'spec.templates[0].template.spec.containers[0].image = base:1 with secrets a',
      'spec.templates[1].template.spec.containers[0].image = canary:1 with secrets b',
    ],
  ],
  ['argoproj.io/AnalysisTemplate', analysisSpec, [`${analysisField} with elsewhere`]],
  ['argoproj.io/ClusterAnalysisTemplate', analysisSpec, [`${analysisField} with cluster-scoped`]],
  ['argoproj.io/AnalysisRun', analysisSpec, [`${analysisField} with elsewhere`]],
  [
    'argoproj.io/Workflow',
    {
      entrypoint: 'main',
      templates: argoTemplates,
      templateDefaults: { container: { image: 'default:1' } },
      volumes: [{ name: 'model', image: { reference: 'model:1' } }],
      ...account('runner'),
    },
    [
      ...argoImages('spec', 'account runner', 'account trusted'),
      'spec.templateDefaults.container.image = default:1 with account runner',
      'spec.volumes[0].image.reference = model:1 with account runner',
    ],
  ],
  ['argoproj.io/WorkflowTemplate', { templates: argoTemplates }, argoImages('spec', 'elsewhere', 'account trusted')],
  ['argoproj.io/ClusterWorkflowTemplate', { templates: argoTemplates }, argoImages('spec', 'cluster-scoped')],
  [
    'argoproj.io/CronWorkflow',
    { schedules: ['0 0 * * *'], workflowSpec: { templates: argoTemplates, ...secret('a', 'b') } },
    argoImages('spec.workflowSpec', 'secrets a b'),
  ],
]

const runtime = { ...pod('kserve'), workerSpec: pod('worker'), ...secret('s') }
const servingRows: readonly Row[] = [
  ['serving.knative.dev/Service', template('app'), inTemplate],
  ['serving.knative.dev/Configuration', template('app'), inTemplate],
  ['serving.knative.dev/Revision', pod('app', account('web')), ['spec.containers[0].image = app:1 with account web']],
  [
    'serving.kserve.io/InferenceService',
    {
      predictor: { model: { image: 'model:1' }, ...secret('p'), workerSpec: pod('worker') },
      transformer: pod('transformer', account('t')),
      explainer: { art: { image: 'art:1' } },
    },
    [
      'spec.predictor.model.image = model:1 with secrets p',
      'spec.predictor.workerSpec.containers[0].image = worker:1 with elsewhere',
      'spec.transformer.containers[0].image = transformer:1 with account t',
      'spec.explainer.art.image = art:1 with elsewhere',
    ],
  ],
  [
    'serving.kserve.io/ServingRuntime',
    runtime,
    [
      'spec.containers[0].image = kserve:1 with secrets s',
      'spec.workerSpec.containers[0].image = worker:1 with elsewhere',
    ],
  ],
  [
    'serving.kserve.io/ClusterServingRuntime',
    runtime,
    [
      'spec.containers[0].image = kserve:1 with cluster-scoped',
      'spec.workerSpec.containers[0].image = worker:1 with cluster-scoped',
    ],
  ],
  ['serving.kserve.io/LLMInferenceService', llm, llmImages],
  ['serving.kserve.io/LLMInferenceServiceConfig', llm, llmImages],
]

const kruiseRows: readonly Row[] = [
  ...['CloneSet', 'StatefulSet', 'DaemonSet', 'BroadcastJob'].map(
    (kind): Row => [`apps.kruise.io/${kind}`, template('app'), inTemplate],
  ),
  [
    'apps.kruise.io/UnitedDeployment',
    {
      template: {
        statefulSetTemplate: { spec: template('a') },
        advancedStatefulSetTemplate: { spec: template('b') },
        cloneSetTemplate: { spec: template('c') },
        deploymentTemplate: { spec: template('d') },
      },
    },
    [
      'spec.template.statefulSetTemplate.spec.template.spec.containers[0].image = a:1 with account default',
      'spec.template.advancedStatefulSetTemplate.spec.template.spec.containers[0].image = b:1 with account default',
      'spec.template.cloneSetTemplate.spec.template.spec.containers[0].image = c:1 with account default',
      'spec.template.deploymentTemplate.spec.template.spec.containers[0].image = d:1 with account default',
    ],
  ],
  [
    'apps.kruise.io/AdvancedCronJob',
    { template: { jobTemplate: { spec: template('a') }, broadcastJobTemplate: { spec: template('b') } } },
    [
      'spec.template.jobTemplate.spec.template.spec.containers[0].image = a:1 with account default',
      'spec.template.broadcastJobTemplate.spec.template.spec.containers[0].image = b:1 with account default',
    ],
  ],
  [
    'apps.kruise.io/SidecarSet',
    { ...pod('log'), initContainers: [{ name: 'i', image: 'init:1' }], ...secret('s') },
    [
      'spec.containers[0].image = log:1 with cluster-scoped',
      'spec.initContainers[0].image = init:1 with cluster-scoped',
    ],
  ],
  ['apps.kruise.io/ImagePullJob', { image: 'big:1', pullSecrets: ['a', 'b'] }, ['spec.image = big:1 with secrets a b']],
  [
    'apps.kruise.io/ImageListPullJob',
    { images: ['big:1', 'small:1'] },
    ['spec.images[0] = big:1 with elsewhere', 'spec.images[1] = small:1 with elsewhere'],
  ],
]

const taskSpec = {
  steps: [
    { name: 'a', image: 'step:1' },
    { name: 'b', image: '$(params.image)' },
  ],
  sidecars: [{ name: 's', image: 'side:1' }],
  stepTemplate: { image: 'base:1' },
  volumes: [{ name: 'm', image: { reference: 'model:1' } }],
}
const taskImages = (spec: string, pulledWith: string): string[] => [
  `${spec}.steps[0].image = step:1 with ${pulledWith}`,
  `${spec}.steps[1].image = placeholder with ${pulledWith}`,
  `${spec}.sidecars[0].image = side:1 with ${pulledWith}`,
  `${spec}.stepTemplate.image = base:1 with ${pulledWith}`,
  `${spec}.volumes[0].image.reference = model:1 with ${pulledWith}`,
]
const pipelineSpec = { tasks: [{ taskRef: { name: 't' } }, { taskSpec }], finally: [{ taskSpec }] }
const tektonRows: readonly Row[] = [
  ['tekton.dev/Task', taskSpec, taskImages('spec', 'elsewhere')],
  ['tekton.dev/StepAction', { image: 'step:1' }, ['spec.image = step:1 with elsewhere']],
  [
    'tekton.dev/Pipeline',
    pipelineSpec,
    [...taskImages('spec.tasks[1].taskSpec', 'elsewhere'), ...taskImages('spec.finally[0].taskSpec', 'elsewhere')],
  ],
  ['tekton.dev/TaskRun', { taskSpec, ...account('builder') }, taskImages('spec.taskSpec', 'account builder')],
  [
    'tekton.dev/PipelineRun',
    {
      pipelineSpec,
      taskRunTemplate: { podTemplate: secret('a') },
      taskRunSpecs: [{ pipelineTaskName: 't', podTemplate: secret('b') }],
    },
    [
      ...taskImages('spec.pipelineSpec.tasks[1].taskSpec', 'secrets a b'),
      ...taskImages('spec.pipelineSpec.finally[0].taskSpec', 'secrets a b'),
    ],
  ],
]

const replicatedJobs = [
  { name: 'driver', template: { spec: template('driver', secret('d')) } },
  { name: 'worker', template: { spec: template('worker') } },
]
const jobImages = (spec: string, worker: string, driver = 'secrets d'): string[] => [
  `${spec}.replicatedJobs[0].template.spec.template.spec.containers[0].image = driver:1 with ${driver}`,
  `${spec}.replicatedJobs[1].template.spec.template.spec.containers[0].image = worker:1 with ${worker}`,
]
const leaderWorker = {
  leaderWorkerTemplate: { leaderTemplate: { spec: pod('leader') }, workerTemplate: { spec: pod('worker') } },
}
const leaderWorkerImages = (spec: string): string[] => [
  `${spec}.leaderWorkerTemplate.leaderTemplate.spec.containers[0].image = leader:1 with account default`,
  `${spec}.leaderWorkerTemplate.workerTemplate.spec.containers[0].image = worker:1 with account default`,
]
const groupRows: readonly Row[] = [
  ['jobset.x-k8s.io/JobSet', { replicatedJobs }, jobImages('spec', 'account default')],
  ['leaderworkerset.x-k8s.io/LeaderWorkerSet', leaderWorker, leaderWorkerImages('spec')],
  [
    'disaggregatedset.x-k8s.io/DisaggregatedSet',
    { roles: [{ name: 'prefill', spec: leaderWorker }] },
    leaderWorkerImages('spec.roles[0].spec'),
  ],
  [
    'batch.volcano.sh/Job',
    { tasks: [{ name: 'master', ...template('master') }] },
    ['spec.tasks[0].template.spec.containers[0].image = master:1 with account default'],
  ],
  [
    'keda.sh/ScaledJob',
    { jobTargetRef: template('app') },
    ['spec.jobTargetRef.template.spec.containers[0].image = app:1 with account default'],
  ],
]

const cluster = {
  headGroupSpec: template('head', secret('h')),
  workerGroupSpecs: [{ groupName: 'gpu', ...template('gpu', account('g')) }, template('cpu')],
  autoscalerOptions: { image: 'scaler:1' },
}
const rayImages = (spec: string): string[] => [
  `${spec}.headGroupSpec.template.spec.containers[0].image = head:1 with secrets h`,
  `${spec}.workerGroupSpecs[0].template.spec.containers[0].image = gpu:1 with account g`,
  `${spec}.workerGroupSpecs[1].template.spec.containers[0].image = cpu:1 with account default`,
  `${spec}.autoscalerOptions.image = scaler:1 with elsewhere`,
]
const rayJob = { rayClusterSpec: cluster, submitterPodTemplate: { spec: pod('submit') } }
const rayJobImages = (spec: string): string[] => [
  ...rayImages(`${spec}.rayClusterSpec`),
  `${spec}.submitterPodTemplate.spec.containers[0].image = submit:1 with account default`,
]
const rayRows: readonly Row[] = [
  ['ray.io/RayCluster', cluster, rayImages('spec')],
  ['ray.io/RayJob', rayJob, rayJobImages('spec')],
  ['ray.io/RayService', { rayClusterConfig: cluster }, rayImages('spec.rayClusterConfig')],
  ['ray.io/RayCronJob', { jobTemplate: rayJob }, rayJobImages('spec.jobTemplate')],
]

const replicaRow = (kind: string, field: string): Row => [
  `kubeflow.org/${kind}`,
  { [field]: { Master: template('master', secret('m')), Worker: template('worker') } },
  [
    `spec.${field}.Master.template.spec.containers[0].image = master:1 with secrets m`,
    `spec.${field}.Worker.template.spec.containers[0].image = worker:1 with account default`,
  ],
]
const trainingRuntime = { template: { spec: { replicatedJobs } } }
const kubeflowRows: readonly Row[] = [
  replicaRow('PyTorchJob', 'pytorchReplicaSpecs'),
  replicaRow('TFJob', 'tfReplicaSpecs'),
  replicaRow('MPIJob', 'mpiReplicaSpecs'),
  replicaRow('XGBoostJob', 'xgbReplicaSpecs'),
  replicaRow('PaddleJob', 'paddleReplicaSpecs'),
  replicaRow('JAXJob', 'jaxReplicaSpecs'),
  ['kubeflow.org/Notebook', template('app'), inTemplate],
  ['trainer.kubeflow.org/TrainingRuntime', trainingRuntime, jobImages('spec.template.spec', 'elsewhere')],
  [
    'trainer.kubeflow.org/ClusterTrainingRuntime',
    trainingRuntime,
    jobImages('spec.template.spec', 'cluster-scoped', 'cluster-scoped'),
  ],
  ['trainer.kubeflow.org/TrainJob', { trainer: { image: 'train:1' } }, ['spec.trainer.image = train:1 with elsewhere']],
]

const sparkApplication = {
  image: 'spark:1',
  imagePullSecrets: ['a'],
  driver: { image: 'driver:1', initContainers: [{ image: 'init:1' }], sidecars: [{ image: 'side:1' }] },
  executor: { image: 'executor:1' },
}
const sparkImages = (spec: string): string[] => [
  `${spec}.image = spark:1 with secrets a`,
  `${spec}.driver.image = driver:1 with secrets a`,
  `${spec}.driver.initContainers[0].image = init:1 with secrets a`,
  `${spec}.driver.sidecars[0].image = side:1 with secrets a`,
  `${spec}.executor.image = executor:1 with secrets a`,
]
const dataRows: readonly Row[] = [
  ['sparkoperator.k8s.io/SparkApplication', sparkApplication, sparkImages('spec')],
  ['sparkoperator.k8s.io/ScheduledSparkApplication', { template: sparkApplication }, sparkImages('spec.template')],
  [
    'flink.apache.org/FlinkDeployment',
    {
      image: 'flink:1',
      podTemplate: { spec: pod('log', secret('f')) },
      jobManager: { podTemplate: { spec: pod('jm') } },
      taskManager: { podTemplate: { spec: pod('tm', secret('t')) } },
    },
    [
      'spec.image = flink:1 with secrets f',
      'spec.podTemplate.spec.containers[0].image = log:1 with secrets f',
      'spec.jobManager.podTemplate.spec.containers[0].image = jm:1 with secrets f',
      'spec.taskManager.podTemplate.spec.containers[0].image = tm:1 with secrets t',
    ],
  ],
]

const machine = { volumes: [{ name: 'disk', containerDisk: { image: 'disk:1', imagePullSecret: 'd' } }] }
const otherRows: readonly Row[] = [
  [
    'actions.github.com/AutoscalingRunnerSet',
    { ...template('runner', secret('r')), listenerTemplate: { spec: pod('listener') } },
    [
      'spec.template.spec.containers[0].image = runner:1 with secrets r',
      'spec.listenerTemplate.spec.containers[0].image = listener:1 with elsewhere',
    ],
  ],
  [
    'actions.github.com/EphemeralRunnerSet',
    { ephemeralRunnerSpec: { spec: pod('runner') } },
    ['spec.ephemeralRunnerSpec.spec.containers[0].image = runner:1 with account default'],
  ],
  ...['Fleet', 'GameServerSet'].map(
    (kind): Row => [
      `agones.dev/${kind}`,
      { template: { spec: template('game') } },
      ['spec.template.spec.template.spec.containers[0].image = game:1 with elsewhere'],
    ],
  ),
  ['agones.dev/GameServer', template('game'), ['spec.template.spec.containers[0].image = game:1 with elsewhere']],
  [
    'kubevirt.io/VirtualMachine',
    { template: { spec: machine } },
    ['spec.template.spec.volumes[0].containerDisk.image = disk:1 with secrets d'],
  ],
  ['kubevirt.io/VirtualMachineInstance', machine, ['spec.volumes[0].containerDisk.image = disk:1 with secrets d']],
]

export const customObjects: readonly CustomObject[] = [
  ...argoRows,
  ...servingRows,
  ...kruiseRows,
  ...tektonRows,
  ...groupRows,
  ...rayRows,
  ...kubeflowRows,
  ...dataRows,
  ...otherRows,
].map(([name, spec, images]) => {
  const [group = '', kind = ''] = name.split('/')
  return { group, kind, object: { metadata: { name: 'pay' }, spec }, images }
})
