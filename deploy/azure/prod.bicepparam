using './main.bicep'

// Both are set by deploy.sh.
param stage = readEnvironmentVariable('GATEHOUSE_STAGE')
param imageTag = readEnvironmentVariable('GATEHOUSE_COMMIT')

param instance = 'prod'
param serviceName = 'Gatehouse'

param authDomain = ''
param authCertificate = ''
param mcpDomain = ''
param mcpCertificate = ''

param olderTransport = false
param authReplicas = 5
param mcpReplicas = 5

param databaseSku = 'Standard_D2ds_v5'
param databaseTier = 'GeneralPurpose'
param databaseHighAvailability = 'ZoneRedundant'
param databaseBackupDays = 35
param logDays = 90

param upstreamIssuer = ''
param upstreamClientId = ''
param upstreamAllow = ''
param localAccounts = true
